"""A network with load balancers, for the tests of Elastic Load Balancing."""

from aws_local.tests.case import Case, client

TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"


class Balanced(Case):
    def setUp(self):
        super().setUp()
        self.elb = client("elbv2")
        self.acm = client("acm")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.subnets = [self.subnet(number, zone) for number, zone in enumerate("ab")]
        self.sg = self.group(self.vpc, "web")

    def subnet(self, number, zone, vpc=None):
        created = self.ec2.create_subnet(
            VpcId=vpc or self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}"
        )
        return created["Subnet"]["SubnetId"]

    def balancer(self, name="web", **more):
        settings = {"Name": name, "Subnets": self.subnets, "SecurityGroups": [self.sg], **more}
        return self.elb.create_load_balancer(**settings)["LoadBalancers"][0]

    def target_group(self, name="web", **more):
        settings = {"Name": name, "Protocol": "HTTP", "Port": 8080, "VpcId": self.vpc, "TargetType": "ip", **more}
        return self.elb.create_target_group(**settings)["TargetGroups"][0]

    def listener(self, balancer, port=80, protocol="HTTP", actions=None, **more):
        created = self.elb.create_listener(
            LoadBalancerArn=balancer,
            Port=port,
            Protocol=protocol,
            DefaultActions=actions or [redirect()],
            **more,
        )
        return created["Listeners"][0]


def redirect(**more):
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301", **more}
    return {"Type": "redirect", "RedirectConfig": config}


def forward(group):
    return {"Type": "forward", "TargetGroupArn": group}


def attributes(answer):
    return {one["Key"]: one["Value"] for one in answer["Attributes"]}
