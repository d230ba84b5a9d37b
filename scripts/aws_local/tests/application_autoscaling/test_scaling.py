"""The additions to Application Auto Scaling, for services of ECS."""

import datetime

from aws_local.application_autoscaling import activities as application_autoscaling_activities
from aws_local.ecs import controls
from aws_local.tests.case import Case, client

ROLE = (
    "arn:aws:iam::123456789012:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_ECSService"
)
ABOUT = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/api",
    "ScalableDimension": "ecs:service:DesiredCount",
}
METRIC = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
CPU = {"PredefinedMetricSpecification": METRIC, "TargetValue": 70.0}
RUNNING = {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False}
NIGHT = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 ? * MON-FRI *)",
    "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 0},
}


class Scaling(Case):
    @classmethod
    def setUpClass(cls):
        cls.scaling = client("application-autoscaling")
        cls.ecs = client("ecs")
        cls.cloudwatch = client("cloudwatch")

    def setUp(self):
        super().setUp()
        self.ecs.create_cluster(clusterName="shop")
        self.ecs.register_task_definition(
            family="api",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "api", "image": "nginx"}],
        )
        _, subnet, _ = self.network()
        self.ecs.create_service(
            cluster="shop",
            serviceName="api",
            taskDefinition="api",
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
        )

    def register(self, **more):
        return self.scaling.register_scalable_target(**{**ABOUT, **more})["ScalableTargetARN"]

    def target(self):
        (one,) = self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        return one

    def track(self, name="cpu", configuration=CPU):
        return self.scaling.put_scaling_policy(
            **ABOUT,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )

    def policies(self, **more):
        return self.scaling.describe_scaling_policies(ServiceNamespace="ecs", **more)["ScalingPolicies"]

    def actions(self):
        return self.scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]

    def alarms(self):
        return {one["AlarmName"]: one for one in self.cloudwatch.describe_alarms()["MetricAlarms"]}


class Targets(Scaling):
    def test_a_target_is_registered_and_changed(self):
        arn = self.register(MinCapacity=1, MaxCapacity=4, SuspendedState={"ScheduledScalingSuspended": True})
        found = self.target()
        ago = datetime.datetime.now(datetime.timezone.utc) - found.pop("CreationTime")
        self.assertLess(ago, datetime.timedelta(seconds=60))
        suspended = {**RUNNING, "ScheduledScalingSuspended": True}
        wanted = {**ABOUT, "MinCapacity": 1, "MaxCapacity": 4, "RoleARN": ROLE, "ScalableTargetARN": arn}
        self.assertEqual(found, {**wanted, "SuspendedState": suspended})
        # Settings that are not given stay.
        self.assertEqual(self.register(MaxCapacity=6, SuspendedState={"DynamicScalingInSuspended": True}), arn)
        found = self.target()
        self.assertEqual((found["MinCapacity"], found["MaxCapacity"]), (1, 6))
        self.assertEqual(found["SuspendedState"], {**suspended, "DynamicScalingInSuspended": True})
        self.assertTrue(client("iam").get_role(RoleName=ROLE.split("/")[-1])["Role"])

    def test_the_service_must_exist(self):
        for resource in ("service/shop/no", "service/no/api"):
            with self.assertRaisesRegex(Exception, f"ECS service doesn't exist: {resource}"):
                self.register(ResourceId=resource, MinCapacity=1, MaxCapacity=2)
        with self.refused("ValidationException"):
            self.register(ScalableDimension="ecs:service:no", MinCapacity=1, MaxCapacity=2)

    def test_a_new_service_linked_role_is_refused_for_now(self):
        self.addCleanup(controls.reset)
        controls.iam_lag("POST", {"times": 1, "where": "service"})
        with self.assertRaisesRegex(self.scaling.exceptions.ValidationException, "Unable to assume IAM role: arn:.*"):
            self.register(MinCapacity=1, MaxCapacity=4)
        self.register(MinCapacity=1, MaxCapacity=4)

    def test_minimum_and_maximum_capacity_are_validated(self):
        for more in ({"MinCapacity": 1}, {"MinCapacity": 2, "MaxCapacity": 1}, {"MinCapacity": -1, "MaxCapacity": 1}):
            with self.refused("ValidationException"):
                self.register(**more)
        self.register(MinCapacity=1, MaxCapacity=2)
        with self.refused("ValidationException"):
            self.register(MinCapacity=3)

    def test_tags_are_set_at_creation_and_changed_with_tag_resource(self):
        arn = self.register(MinCapacity=1, MaxCapacity=2, Tags={"a": "1"})
        with self.assertRaisesRegex(Exception, "The scalable target that you tried to tag already exists"):
            self.register(Tags={"a": "1"})
        self.scaling.tag_resource(ResourceARN=arn, Tags={"a": "2", "b": "3"})
        self.scaling.untag_resource(ResourceARN=arn, TagKeys=["b", "c"])
        self.assertEqual(self.scaling.list_tags_for_resource(ResourceARN=arn)["Tags"], {"a": "2"})
        with self.refused("ValidationException"):
            self.scaling.tag_resource(ResourceARN=arn, Tags={"b": ""})
        with self.refused("TooManyTagsException"):
            self.scaling.tag_resource(ResourceARN=arn, Tags={str(number): "x" for number in range(50)})
        with self.refused("ResourceNotFoundException"):
            self.scaling.list_tags_for_resource(ResourceARN=arn[:-1] + "_")

    def test_deregistering_deletes_policies_and_actions(self):
        with self.refused("ObjectNotFoundException"):
            self.scaling.deregister_scalable_target(**ABOUT)
        self.register(MinCapacity=1, MaxCapacity=4)
        self.track()
        self.scaling.put_scheduled_action(**ABOUT, **NIGHT)
        self.assertEqual((len(self.policies()), len(self.actions()), len(self.alarms())), (1, 1, 2))
        self.scaling.deregister_scalable_target(**ABOUT)
        self.assertEqual((self.policies(), self.actions(), self.alarms()), ([], [], {}))


class Policies(Scaling):
    def test_a_target_goes_with_its_service(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        self.scaling.put_scheduled_action(**ABOUT, **NIGHT)
        self.ecs.delete_service(cluster="shop", service="api", force=True)
        self.assertEqual(self.scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"], [])
        self.assertEqual(self.scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"], [])

    def test_a_policy_needs_a_registered_target(self):
        with self.refused("ObjectNotFoundException"):
            self.track()

    def test_all_fields_of_a_policy_are_kept(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        wanted = {**CPU, "ScaleInCooldown": 300, "ScaleOutCooldown": 60, "DisableScaleIn": False}
        put = self.track(configuration=wanted)
        about = {key: ABOUT[key] for key in ("ResourceId", "ScalableDimension")}
        (found,) = self.policies(PolicyNames=["cpu"], **about)
        self.assertEqual(found["TargetTrackingScalingPolicyConfiguration"], wanted)
        self.assertEqual((found["PolicyARN"], found["Alarms"]), (put["PolicyARN"], put["Alarms"]))
        self.assertEqual(self.policies(PolicyNames=["no"]), [])

    def test_alarms_belong_to_the_policy(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        put = self.track()
        alarms = self.alarms()
        self.assertEqual({one["AlarmName"] for one in put["Alarms"]}, set(alarms))
        high, low = sorted(alarms.values(), key=lambda one: one["AlarmName"])
        self.assertEqual((high["Threshold"], high["EvaluationPeriods"]), (70, 3))
        self.assertEqual((low["Threshold"], low["EvaluationPeriods"]), (63, 15))
        self.assertEqual(high["MetricName"], "CPUUtilization")
        # The policy and its alarms keep their ARNs.
        again = self.track(configuration={**CPU, "TargetValue": 50})
        self.assertEqual((again["PolicyARN"], again["Alarms"]), (put["PolicyARN"], put["Alarms"]))
        self.assertEqual(self.alarms()[high["AlarmName"]]["Threshold"], 50)
        self.track(configuration={**CPU, "DisableScaleIn": True})
        self.assertEqual(list(self.alarms()), [high["AlarmName"]])
        self.scaling.delete_scaling_policy(**ABOUT, PolicyName="cpu")
        self.assertEqual(self.alarms(), {})
        with self.refused("ObjectNotFoundException"):
            self.scaling.delete_scaling_policy(**ABOUT, PolicyName="cpu")

    def test_there_is_one_policy_per_metric(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        self.track()
        with self.assertRaisesRegex(Exception, "Only one TargetTrackingScaling policy for a given metric"):
            self.track("other")
        memory = {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}
        self.track("memory", {**CPU, "PredefinedMetricSpecification": memory})
        self.assertEqual([one["PolicyName"] for one in self.policies()], ["cpu", "memory"])

    def test_invalid_policies_are_refused(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        for configuration in [
            {"TargetValue": 1.0},
            {**CPU, "TargetValue": 0},
            {**CPU, "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget"}},
            {**CPU, "PredefinedMetricSpecification": {"PredefinedMetricType": "RDSReaderAverageCPUUtilization"}},
        ]:
            with self.refused("ValidationException"):
                self.track(configuration=configuration)
        self.track()
        with self.refused("ValidationException"):
            self.scaling.put_scaling_policy(**ABOUT, PolicyName="cpu", PolicyType="StepScaling")

    def test_a_target_has_at_most_fifty_policies_in_pages_of_ten(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        steps = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}

        def put(number):
            self.scaling.put_scaling_policy(
                **ABOUT, PolicyName=f"p{number}", PolicyType="StepScaling", StepScalingPolicyConfiguration=steps
            )

        for number in range(50):
            put(number)
        with self.refused("LimitExceededException"):
            put(50)
        pages = self.scaling.get_paginator("describe_scaling_policies").paginate(ServiceNamespace="ecs")
        self.assertEqual([len(page["ScalingPolicies"]) for page in pages], [10] * 5)
        with self.refused("InvalidNextTokenException"):
            self.policies(NextToken="x")


class Schedules(Scaling):
    def test_an_action_is_kept_and_changed(self):
        with self.refused("ObjectNotFoundException"):
            self.scaling.put_scheduled_action(**ABOUT, **NIGHT)
        self.register(MinCapacity=1, MaxCapacity=4)
        start = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
        end = start + datetime.timedelta(days=1)
        self.scaling.put_scheduled_action(**ABOUT, **NIGHT, Timezone="Europe/Berlin", StartTime=start, EndTime=end)
        (found,) = self.actions()
        arn = found.pop("ScheduledActionARN")
        self.assertRegex(arn, ":scheduledAction:[0-9a-f-]{36}:resource/ecs/service/shop/api:scheduledActionName/night$")
        found.pop("CreationTime")
        wanted = {**ABOUT, **NIGHT, "Timezone": "Europe/Berlin", "StartTime": start, "EndTime": end}
        self.assertEqual(found, wanted)
        self.scaling.put_scheduled_action(**ABOUT, ScheduledActionName="night", Schedule="at(2030-01-01T00:00:00)")
        (found,) = self.actions()
        self.assertEqual((found["ScheduledActionARN"], found["Schedule"]), (arn, "at(2030-01-01T00:00:00)"))
        self.assertEqual((found["Timezone"], found.get("StartTime")), ("Europe/Berlin", None))
        self.scaling.delete_scheduled_action(**ABOUT, ScheduledActionName="night")
        self.assertEqual(self.actions(), [])
        with self.refused("ObjectNotFoundException"):
            self.scaling.delete_scheduled_action(**ABOUT, ScheduledActionName="night")

    def test_invalid_actions_are_refused(self):
        self.register(MinCapacity=1, MaxCapacity=4)
        wrong = [
            {"Timezone": "Europe/Nowhere"},
            {"ScalableTargetAction": {}},
            {"ScalableTargetAction": {"MinCapacity": 2, "MaxCapacity": 1}},
        ]
        for schedule in ("daily", "cron(0 20 * * *)", "cron(0 20 * * MON *)", "rate(1 days)", "rate(0 days)", "at(x)"):
            wrong.append({"Schedule": schedule})
        for more in wrong:
            with self.refused("ValidationException"):
                self.scaling.put_scheduled_action(**{**ABOUT, **NIGHT, **more})
        self.assertEqual(self.actions(), [])


class Activities(Scaling):
    def test_activities_are_set_with_a_control(self):
        def activities(**more):
            return self.scaling.describe_scaling_activities(ServiceNamespace="ecs", **more)["ScalingActivities"]

        self.assertEqual(activities(), [])
        told = {"account": "123456789012", "resource": "service/shop/api", "description": "to 2", "cause": "alarm"}
        application_autoscaling_activities._control("POST", {**told, "start": 1000})
        application_autoscaling_activities._control("POST", {**told, "status": "InProgress", "start": 2000})
        application_autoscaling_activities._control("POST", {**told, "account": "1", "resource": "service/other/api"})
        newest, oldest = activities(ResourceId="service/shop/api")
        self.assertEqual((newest["StatusCode"], newest.get("EndTime")), ("InProgress", None))
        self.assertEqual((oldest["StatusCode"], oldest["Description"]), ("Successful", "to 2"))
        self.assertEqual(oldest["Cause"], "alarm")
        self.assertEqual(activities(ResourceId="service/other/api"), [])
        application_autoscaling_activities._control("DELETE", told)
        self.assertEqual(activities(), [])
