"""Sessions that forward a port through a container."""

from aws_local.tests.case import client
from aws_local.tests.ecs.case import EcsCase

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"


class Sessions(EcsCase):
    def setUp(self):
        super().setUp()
        self.ssm = client("ssm")
        self.register()

    def target(self):
        arn = self.run_task(enableExecuteCommand=True)["tasks"][0]["taskArn"]

        def runs(task):
            agents = task["containers"][0].get("managedAgents") or [{}]
            return task["lastStatus"] == "RUNNING" and agents[0].get("lastStatus") == "RUNNING"

        task = self.until(lambda: self.task(arn), runs)
        return f"ecs:main_{arn.split('/')[-1]}_{task['containers'][0]['runtimeId']}"

    def start(self, target, document=DOCUMENT, **parameters):
        given = {"host": ["db.internal"], "portNumber": ["5432"], "localPortNumber": ["15432"], **parameters}
        return self.ssm.start_session(Target=target, DocumentName=document, Parameters=given)

    def test_a_session(self):
        target = self.target()
        answer = self.start(target)
        self.assertTrue(answer["StreamUrl"].startswith("wss://ssmmessages.us-east-1.amazonaws.com/"))
        self.assertTrue(answer["SessionId"] and answer["TokenValue"])
        with self.refused("InvalidDocument"):
            self.start(target, document="none")
        for wrong in ({"host": ["$(id)"]}, {"portNumber": ["x"]}, {"other": ["1"]}):
            with self.refused("ValidationException"):
                self.start(target, **wrong)

    def test_the_agent_must_be_connected(self):
        target = self.target()
        for wrong in (f"{target}1", "i-0123456789abcdef0"):
            with self.refused("TargetNotConnected"):
                self.start(wrong)
        self.iam.delete_role_policy(RoleName="task", PolicyName="own")
        with self.refused("TargetNotConnected"):
            self.start(target)
