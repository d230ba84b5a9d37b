# The cache of rd-cache's defaults outside of production.

variable "cache_token" {
  type      = string
  sensitive = true
}

resource "aws_elasticache_subnet_group" "main" {
  name        = "bench-test-redis"
  description = "Private subnets of bench-test"
  subnet_ids  = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_secretsmanager_secret" "redis" {
  name                    = "bench/test/redis"
  description             = "How to connect to the cache of bench-test"
  recovery_window_in_days = 7
}

resource "aws_elasticache_replication_group" "redis" {
  replication_group_id       = "bench-test-redis"
  description                = "Cache of bench-test"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.main["redis"].id]
  parameter_group_name       = "default.redis7"
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = var.cache_token
  snapshot_retention_limit   = 0
  maintenance_window         = "sun:06:30-sun:07:30"
  auto_minor_version_upgrade = true
  apply_immediately          = true
}

resource "aws_secretsmanager_secret_version" "redis" {
  secret_id = aws_secretsmanager_secret.redis.id
  secret_string = jsonencode({
    url = format("rediss://:%s@%s:%s", var.cache_token,
      aws_elasticache_replication_group.redis.primary_endpoint_address, aws_elasticache_replication_group.redis.port
    )
    host  = aws_elasticache_replication_group.redis.primary_endpoint_address
    port  = aws_elasticache_replication_group.redis.port
    token = var.cache_token
  })
}
