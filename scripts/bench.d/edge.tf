# The load balancer of rd-edge's defaults outside of production, without a domain: HTTP only.

resource "aws_lb" "main" {
  name                       = "bench-test-alb"
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = [for subnet in aws_subnet.public : subnet.id]
  security_groups            = [aws_security_group.main["alb"].id]
  enable_deletion_protection = false
  idle_timeout               = 60
  enable_http2               = true
  drop_invalid_header_fields = true
  depends_on                 = [aws_internet_gateway.main]
}

resource "aws_lb_target_group" "api" {
  name                 = "bench-test-api"
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = 3001
  vpc_id               = aws_vpc.main.id
  deregistration_delay = 30

  health_check {
    protocol            = "HTTP"
    port                = "traffic-port"
    path                = "/health"
    matcher             = "200"
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.main.arn
  port              = 80
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.api.arn
  }
}
