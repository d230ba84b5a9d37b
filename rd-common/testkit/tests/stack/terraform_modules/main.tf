# A public entry in the style of the registry's modules: calls with `count` and `for_each`, one map for each kind of thing.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { ManagedBy = "terraform", Team = "web" }
  }
}

variable "vpc" {}
variable "subnets" { type = list(string) }
variable "group" {}

resource "aws_route53_zone" "this" {
  name = "modules.example.com"
}

module "certificate" {
  source = "./certificate"
  for_each = {
    main  = { domain = "app.modules.example.com", others = ["www.modules.example.com"] }
    extra = { domain = "old.modules.example.com", others = [] }
  }
  domain = each.value.domain
  others = each.value.others
  zone   = aws_route53_zone.this.zone_id
}

module "entry" {
  source  = "./entry"
  count   = 1
  name    = "web-entry"
  vpc     = var.vpc
  subnets = var.subnets
  groups  = [var.group]
  zone    = aws_route53_zone.this.zone_id
  names   = ["app", "www"]

  listeners = {
    to-https = { port = 80, protocol = "HTTP", redirect = { port = "443", protocol = "HTTPS", status_code = "HTTP_301" } }
    https = {
      port           = 443
      protocol       = "HTTPS"
      certificate    = module.certificate["main"].arn
      more           = [module.certificate["extra"].arn]
      fixed_response = { content_type = "text/plain", message_body = "nothing here", status_code = "404" }
      rules = {
        app = { priority = 10, target = "app", paths = ["/*"] }
      }
    }
  }
  targets = {
    app = { port = 3001, path = "/up" }
  }
  more_targets = {
    first = { target = "app", address = "10.0.0.77", port = 3001 }
  }
}
