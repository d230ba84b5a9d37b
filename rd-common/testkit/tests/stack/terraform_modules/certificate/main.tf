variable "domain" {}
variable "others" { type = list(string) }
variable "zone" {}
variable "create" { default = true }

resource "aws_acm_certificate" "this" {
  count                     = var.create ? 1 : 0
  domain_name               = var.domain
  subject_alternative_names = var.others
  validation_method         = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    for one in aws_acm_certificate.this[0].domain_validation_options : one.domain_name => one
  }
  zone_id         = var.zone
  name            = each.value.resource_record_name
  type            = each.value.resource_record_type
  records         = [each.value.resource_record_value]
  ttl             = 60
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  count                   = var.create ? 1 : 0
  certificate_arn         = aws_acm_certificate.this[0].arn
  validation_record_fqdns = [for record in aws_route53_record.validation : record.fqdn]
}

output "arn" {
  value = aws_acm_certificate_validation.this[0].certificate_arn
}
