# The database of rd-data's defaults outside of production. The password is a variable: a generator would be one more
# provider.

variable "database_password" {
  type      = string
  sensitive = true
}

resource "aws_db_subnet_group" "main" {
  name        = "bench-test-postgres"
  description = "Private subnets of bench-test"
  subnet_ids  = [for subnet in aws_subnet.private : subnet.id]
}

resource "aws_db_parameter_group" "main" {
  name        = "bench-test-postgres17"
  description = "Parameters of bench-test-postgres"
  family      = "postgres17"

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
}

resource "aws_secretsmanager_secret" "database" {
  name                    = "bench/test/database"
  description             = "How to connect to the database of bench-test"
  recovery_window_in_days = 7
}

resource "aws_cloudwatch_log_group" "postgres" {
  for_each          = toset(["postgresql", "upgrade"])
  name              = "/aws/rds/instance/bench-test-postgres/${each.key}"
  retention_in_days = 30
}

resource "aws_db_instance" "postgres" {
  identifier                            = "bench-test-postgres"
  engine                                = "postgres"
  engine_version                        = "17"
  instance_class                        = "db.t4g.medium"
  allocated_storage                     = 20
  max_allocated_storage                 = 100
  storage_type                          = "gp3"
  storage_encrypted                     = true
  multi_az                              = false
  db_name                               = "bench"
  username                              = "app"
  password                              = var.database_password
  db_subnet_group_name                  = aws_db_subnet_group.main.name
  vpc_security_group_ids                = [aws_security_group.main["db"].id]
  parameter_group_name                  = aws_db_parameter_group.main.name
  backup_retention_period               = 1
  backup_window                         = "03:00-04:00"
  maintenance_window                    = "sun:04:30-sun:05:30"
  auto_minor_version_upgrade            = true
  apply_immediately                     = true
  enabled_cloudwatch_logs_exports       = ["postgresql", "upgrade"]
  performance_insights_enabled          = true
  performance_insights_retention_period = 7
  deletion_protection                   = false
  skip_final_snapshot                   = true
  publicly_accessible                   = false
  copy_tags_to_snapshot                 = true
  ca_cert_identifier                    = "rds-ca-rsa2048-g1"

  depends_on = [aws_cloudwatch_log_group.postgres]
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({
    url = format("postgresql://app:%s@%s:%s/bench?sslmode=require",
      var.database_password, aws_db_instance.postgres.address, aws_db_instance.postgres.port
    )
    host     = aws_db_instance.postgres.address
    port     = aws_db_instance.postgres.port
    dbname   = "bench"
    username = "app"
    password = var.database_password
  })
}
