# The network of rd-net's defaults, as a Terraform user would write it, for `make bench`.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  # The local API's endpoint is an IP address, which cannot have the bucket's name as a subdomain.
  s3_use_path_style = true

  default_tags {
    tags = { Project = "bench", Environment = "test", ManagedBy = "terraform" }
  }
}

locals {
  zones = { a = 0, b = 1 }
  groups = {
    alb       = "The load balancer"
    api       = "The service"
    db        = "The database"
    redis     = "The cache"
    endpoints = "The VPC endpoints"
  }
  rules_in = {
    alb-http   = { group = "alb", port = 80, peer = null }
    alb-https  = { group = "alb", port = 443, peer = null }
    api-alb    = { group = "api", port = 3001, peer = "alb" }
    db-api     = { group = "db", port = 5432, peer = "api" }
    redis-api  = { group = "redis", port = 6379, peer = "api" }
    endpts-api = { group = "endpoints", port = 443, peer = "api" }
  }
  rules_out = {
    alb-api   = { group = "alb", port = 3001, peer = "api" }
    api-https = { group = "api", port = 443, peer = null }
    api-db    = { group = "api", port = 5432, peer = "db" }
    api-redis = { group = "api", port = 6379, peer = "redis" }
  }
}

resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  availability_zone = "us-east-1${each.key}"
  cidr_block        = "10.0.${48 + each.value}.0/24"
}

resource "aws_subnet" "private" {
  for_each          = local.zones
  vpc_id            = aws_vpc.main.id
  availability_zone = "us-east-1${each.key}"
  cidr_block        = "10.0.${16 * each.value}.0/20"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_eip" "nat" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.main]
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public["a"].id
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route" "private" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main.id
}

resource "aws_route_table_association" "public" {
  for_each       = aws_subnet.public
  subnet_id      = each.value.id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  for_each       = aws_subnet.private
  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_vpc_endpoint" "gateway" {
  for_each        = toset(["s3", "dynamodb"])
  vpc_id          = aws_vpc.main.id
  service_name    = "com.amazonaws.us-east-1.${each.key}"
  route_table_ids = [aws_route_table.public.id, aws_route_table.private.id]
}

resource "aws_security_group" "main" {
  for_each    = local.groups
  vpc_id      = aws_vpc.main.id
  name        = "bench-${each.key}"
  description = each.value
}

resource "aws_vpc_security_group_ingress_rule" "main" {
  for_each                     = local.rules_in
  security_group_id            = aws_security_group.main[each.value.group].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  cidr_ipv4                    = each.value.peer == null ? "0.0.0.0/0" : null
  referenced_security_group_id = each.value.peer == null ? null : aws_security_group.main[each.value.peer].id
}

resource "aws_vpc_security_group_egress_rule" "main" {
  for_each                     = local.rules_out
  security_group_id            = aws_security_group.main[each.value.group].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  cidr_ipv4                    = each.value.peer == null ? "0.0.0.0/0" : null
  referenced_security_group_id = each.value.peer == null ? null : aws_security_group.main[each.value.peer].id
}
