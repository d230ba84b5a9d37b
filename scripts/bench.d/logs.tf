# What rd-logs watches by default in a stack of these slices: a topic with a subscription by mail, alarms, a dashboard.

locals {
  topic = "arn:aws:sns:us-east-1:${local.account}:bench-test-alarms"

  of_balancer = { LoadBalancer = aws_lb.main.arn_suffix }
  of_targets  = merge(local.of_balancer, { TargetGroup = aws_lb_target_group.api.arn_suffix })
  of_service  = { ClusterName = aws_ecs_cluster.main.name, ServiceName = aws_ecs_service.api.name }
  of_database = { DBInstanceIdentifier = aws_db_instance.postgres.identifier }
  of_nat      = { NatGatewayId = aws_nat_gateway.main.id }
  of_cache = {
    CacheClusterId = one(aws_elasticache_replication_group.redis.member_clusters)
    CacheNodeId    = "0001"
  }

  # Namespace and dimensions, by the key that the lists below use.
  sources = {
    balancer = { namespace = "AWS/ApplicationELB", dimensions = local.of_balancer }
    targets  = { namespace = "AWS/ApplicationELB", dimensions = local.of_targets }
    service  = { namespace = "AWS/ECS", dimensions = local.of_service }
    database = { namespace = "AWS/RDS", dimensions = local.of_database }
    cache    = { namespace = "AWS/ElastiCache", dimensions = local.of_cache }
    nat      = { namespace = "AWS/NATGateway", dimensions = local.of_nat }
  }

  # Source, metric, statistic, above or below, threshold, period in seconds, number of periods, missing data.
  alarms = {
    alb-5xx = {
      watch   = ["balancer", "HTTPCode_ELB_5XX_Count", "Sum", "Greater", 10, 300, 1, "notBreaching"]
      meaning = "The load balancer itself answered with errors: no task was well, or one closed the connection. rd-edge targets shows them."
    }
    target-5xx = {
      watch   = ["targets", "HTTPCode_Target_5XX_Count", "Sum", "Greater", 10, 300, 1, "notBreaching"]
      meaning = "Tasks answered with errors: rd-logs tail --since 15m shows what they say."
    }
    latency = {
      watch   = ["targets", "TargetResponseTime", "p95", "Greater", 1, 60, 5, "notBreaching"]
      meaning = "One in twenty requests takes longer than that: look at the database, and at the CPU of the tasks."
    }
    unhealthy-hosts = {
      watch   = ["targets", "UnHealthyHostCount", "Maximum", "Greater", 0, 60, 3, "notBreaching"]
      meaning = "Tasks fail their health checks: rd-edge targets says why."
    }
    ecs-cpu = {
      watch   = ["service", "CPUUtilization", "Average", "Greater", 90, 60, 5, "missing"]
      meaning = "The tasks are busy although the service has scaled: more or larger ones are needed."
    }
    ecs-memory = {
      watch   = ["service", "MemoryUtilization", "Average", "Greater", 90, 60, 5, "missing"]
      meaning = "The tasks run out of memory, and are killed when there is none left: look for a leak, or give them more."
    }
    running-tasks = {
      watch   = ["targets", "HealthyHostCount", "Minimum", "Less", 1, 60, 5, "breaching"]
      meaning = "Fewer tasks run than the service has at least: rd-ecs diagnose says why."
    }
    db-cpu = {
      watch   = ["database", "CPUUtilization", "Average", "Greater", 90, 60, 5, "missing"]
      meaning = "The database is busy: Performance Insights shows with which queries."
    }
    db-storage = {
      watch   = ["database", "FreeStorageSpace", "Minimum", "Less", 2 * 1024 * 1024 * 1024, 60, 5, "missing"]
      meaning = "The database's disk fills up, and has not grown or cannot any more: raise max_allocated_storage in [data]."
    }
    db-connections = {
      watch   = ["database", "DatabaseConnections", "Average", "Greater", 300, 60, 5, "missing"]
      meaning = "There are nearly as many connections as the database takes: use a smaller pool in each task, or a larger instance class."
    }
    redis-1-memory = {
      watch   = ["cache", "DatabaseMemoryUsagePercentage", "Average", "Greater", 80, 60, 5, "missing"]
      meaning = "The cache is nearly full: let keys expire, or choose a larger node type."
    }
    redis-1-evictions = {
      watch   = ["cache", "Evictions", "Sum", "Greater", 0, 300, 1, "notBreaching"]
      meaning = "The cache drops keys before they expire, for want of memory: choose a larger node type."
    }
    nat-a-port-errors = {
      watch   = ["nat", "ErrorPortAllocation", "Sum", "Greater", 0, 60, 15, "notBreaching"]
      meaning = "The NAT gateway has no port left for new connections to one place: reuse connections, or use a VPC endpoint or a gateway in each zone."
    }
  }

  # Title, unit, alarm threshold, and the lines: label, source, metric, statistic.
  graphs = [
    ["Requests", "count", null, [["requests", "balancer", "RequestCount", "Sum"]]],
    ["Errors", "count", null, [
      ["4xx of tasks", "targets", "HTTPCode_Target_4XX_Count", "Sum"],
      ["5xx of tasks", "targets", "HTTPCode_Target_5XX_Count", "Sum"],
      ["5xx of the load balancer", "balancer", "HTTPCode_ELB_5XX_Count", "Sum"],
    ]],
    ["Latency", "seconds", "latency", [
      for stat in ["p50", "p95", "p99"] : [stat, "targets", "TargetResponseTime", stat]
    ]],
    ["Targets", "count", null, [
      ["healthy", "targets", "HealthyHostCount", "Minimum"],
      ["unhealthy", "targets", "UnHealthyHostCount", "Maximum"],
    ]],
    ["Tasks: CPU and memory", "percent", "ecs-cpu", [
      ["CPU", "service", "CPUUtilization", "Average"],
      ["CPU, highest", "service", "CPUUtilization", "Maximum"],
      ["memory", "service", "MemoryUtilization", "Average"],
    ]],
    ["Running tasks", "count", "running-tasks", [["tasks", "targets", "HealthyHostCount", "Minimum"]]],
    ["Database CPU", "percent", "db-cpu", [["CPU", "database", "CPUUtilization", "Average"]]],
    ["Database connections", "count", "db-connections", [
      ["connections", "database", "DatabaseConnections", "Average"],
    ]],
    ["Database storage", "bytes", "db-storage", [["free", "database", "FreeStorageSpace", "Minimum"]]],
    ["Database latency", "seconds", null, [
      ["reads", "database", "ReadLatency", "Average"],
      ["writes", "database", "WriteLatency", "Average"],
    ]],
    ["Cache memory", "percent", "redis-1-memory", [["node 1", "cache", "DatabaseMemoryUsagePercentage", "Average"]]],
    ["Cache evictions", "count", null, [["node 1", "cache", "Evictions", "Sum"]]],
    ["Cache CPU", "percent", null, [["node 1", "cache", "EngineCPUUtilization", "Average"]]],
    ["NAT traffic out", "bytes", null, [["zone a", "nat", "BytesOutToDestination", "Sum"]]],
    ["NAT port errors", "count", "nat-a-port-errors", [["zone a", "nat", "ErrorPortAllocation", "Sum"]]],
  ]
  axes = {
    count   = { min = 0, showUnits = false }
    percent = { min = 0, showUnits = false, label = "%" }
    seconds = { min = 0 }
    bytes   = { min = 0 }
  }
}

resource "aws_sns_topic" "alarms" {
  name         = "bench-test-alarms"
  display_name = "bench-test"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "SNS:Publish"
      Resource  = local.topic
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:us-east-1:${local.account}:alarm:*" }
      }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = "ops@example.com"
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each            = local.alarms
  alarm_name          = "bench-test-${each.key}"
  alarm_description   = each.value.meaning
  namespace           = local.sources[each.value.watch[0]].namespace
  dimensions          = local.sources[each.value.watch[0]].dimensions
  metric_name         = each.value.watch[1]
  statistic           = each.value.watch[2] == "p95" ? null : each.value.watch[2]
  extended_statistic  = each.value.watch[2] == "p95" ? "p95" : null
  comparison_operator = "${each.value.watch[3]}ThanThreshold"
  threshold           = each.value.watch[4]
  period              = each.value.watch[5]
  evaluation_periods  = each.value.watch[6]
  datapoints_to_alarm = each.value.watch[6]
  treat_missing_data  = each.value.watch[7]

  evaluate_low_sample_count_percentiles = each.value.watch[2] == "p95" ? "ignore" : null

  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_dashboard" "overview" {
  dashboard_name = "bench-test-overview"
  dashboard_body = jsonencode({
    widgets = concat(
      [{
        type = "alarm", x = 0, y = 0, width = 24, height = 3
        properties = {
          title = "Alarms", alarms = [for name in keys(local.alarms) : aws_cloudwatch_metric_alarm.main[name].arn]
        }
      }],
      [for place, graph in local.graphs : {
        type = "metric", x = place % 3 * 8, y = 3 + floor(place / 3) * 6, width = 8, height = 6
        properties = merge(
          {
            title   = graph[0]
            view    = "timeSeries"
            stacked = false
            region  = "us-east-1"
            period  = 60
            yAxis   = { left = local.axes[graph[1]] }
            metrics = [for line in graph[3] : concat(
              [local.sources[line[1]].namespace, line[2]],
              flatten([for name, of in local.sources[line[1]].dimensions : [name, of]]),
              [{ stat = line[3], label = line[0] }],
            )]
          },
          graph[2] == null ? {} : {
            annotations = { horizontal = [{
              label = local.alarms[graph[2]].watch[3] == "Less" ? "alarm below" : "alarm above"
              value = local.alarms[graph[2]].watch[4]
            }] }
          },
        )
      }],
    )
  })
}
