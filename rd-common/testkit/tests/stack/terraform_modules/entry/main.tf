variable "name" {}
variable "vpc" {}
variable "subnets" { type = list(string) }
variable "groups" { type = list(string) }
variable "zone" {}
variable "names" { type = list(string) }
variable "listeners" { type = any }
variable "targets" { type = any }
variable "more_targets" { type = any }
variable "create" { default = true }

locals {
  rules = merge([
    for key, listener in var.listeners : {
      for name, rule in lookup(listener, "rules", {}) : "${key}/${name}" => merge(rule, { listener = key })
    }
  ]...)
  certificates = merge([
    for key, listener in var.listeners : {
      for index, arn in lookup(listener, "more", []) : "${key}/${index}" => { listener = key, arn = arn }
    }
  ]...)
}

resource "aws_lb" "this" {
  count                      = var.create ? 1 : 0
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.subnets
  security_groups            = var.groups
  drop_invalid_header_fields = true
  enable_deletion_protection = true
  idle_timeout               = 75
}

resource "aws_lb_target_group" "this" {
  for_each             = var.targets
  name                 = "${var.name}-${each.key}"
  vpc_id               = var.vpc
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = each.value.port
  deregistration_delay = 15
  health_check {
    path    = each.value.path
    matcher = "200"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group_attachment" "additional" {
  for_each         = var.more_targets
  target_group_arn = aws_lb_target_group.this[each.value.target].arn
  target_id        = each.value.address
  port             = each.value.port
}

resource "aws_lb_listener" "this" {
  for_each          = var.listeners
  load_balancer_arn = aws_lb.this[0].arn
  port              = each.value.port
  protocol          = each.value.protocol
  certificate_arn   = try(each.value.certificate, null)
  ssl_policy        = each.value.protocol == "HTTPS" ? "ELBSecurityPolicy-TLS13-1-2-2021-06" : null

  dynamic "default_action" {
    for_each = try([each.value.fixed_response], [])
    content {
      type = "fixed-response"
      fixed_response {
        content_type = default_action.value.content_type
        message_body = default_action.value.message_body
        status_code  = default_action.value.status_code
      }
    }
  }

  dynamic "default_action" {
    for_each = try([each.value.redirect], [])
    content {
      type = "redirect"
      redirect {
        port        = default_action.value.port
        protocol    = default_action.value.protocol
        status_code = default_action.value.status_code
      }
    }
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each     = local.rules
  listener_arn = aws_lb_listener.this[each.value.listener].arn
  priority     = each.value.priority
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.value.target].arn
  }
  condition {
    path_pattern {
      values = each.value.paths
    }
  }
}

resource "aws_lb_listener_certificate" "this" {
  for_each        = local.certificates
  listener_arn    = aws_lb_listener.this[each.value.listener].arn
  certificate_arn = each.value.arn
}

resource "aws_route53_record" "this" {
  for_each = toset(var.names)
  zone_id  = var.zone
  name     = each.key
  type     = "A"
  alias {
    name                   = aws_lb.this[0].dns_name
    zone_id                = aws_lb.this[0].zone_id
    evaluate_target_health = true
  }
}
