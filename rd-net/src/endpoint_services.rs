//! The services that VPC endpoints reach, as the region names them, and in which zones. Names begin with `com.amazonaws`, but
//! not everywhere: some of China's begin with `cn.com.amazonaws`, and a service need not be in every zone. So AWS is asked,
//! but only where an endpoint is new or does not cover every zone.
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html>

use crate::availability_zones::Zone;
use crate::clients::Clients;
use crate::config::{Config, GATEWAY_SERVICES};
use aws_sdk_ec2::types::{Filter, ServiceDetail, ServiceType};
use rd_common::aws::Explain;
use rd_common::{Document, Error, Result, Stack};
use std::collections::BTreeMap;

/// A service that has an endpoint in the stack's VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointService {
    /// AWS's full name, such as `com.amazonaws.us-east-1.ecr.api`.
    pub name: String,
    /// The zones of the stack in which an interface endpoint can be, by name; all of them where AWS was not asked.
    pub zones: Vec<String>,
}

/// The services by the names that the settings have for them, such as `ecr.api`.
pub type EndpointServices = BTreeMap<String, EndpointService>;

/// The name of an endpoint in its address: `ecr-api` of the service `ecr.api`.
pub fn address_name(service: &str) -> String {
    service.replace('.', "-")
}

/// The name that most services of most regions have.
fn usual_name(region: &str, service: &str) -> String {
    format!("com.amazonaws.{region}.{service}")
}

/// Finds the services of the settings: in the state, otherwise at AWS. Without clients (offline), assumes the usual names.
/// Fails where the region lacks one.
pub async fn choose(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    zones: &[Zone],
    state: &Document,
) -> Result<EndpointServices> {
    let all: Vec<String> = zones.iter().map(|zone| zone.name.clone()).collect();
    let interfaces = config.interface_endpoints();
    let gateways = GATEWAY_SERVICES.map(str::to_owned);
    let assumed = |service: &String| {
        let name = known_name(state, service);
        let name = name.unwrap_or_else(|| usual_name(&stack.region, service));
        (
            service.clone(),
            EndpointService {
                name,
                zones: all.clone(),
            },
        )
    };
    let mut services: EndpointServices = gateways.iter().chain(&interfaces).map(assumed).collect();
    let ask: Vec<&String> = gateways
        .iter()
        .filter(|service| known_name(state, service).is_none())
        .chain(
            interfaces
                .iter()
                .filter(|service| !covers(state, service, zones)),
        )
        .collect();
    let Some(clients) = clients.filter(|_| !ask.is_empty()) else {
        return Ok(services);
    };
    let Some(details) = describe(clients, stack, &ask).await? else {
        return Ok(services);
    };
    for service in ask {
        let kind = match gateways.contains(service) {
            true => ServiceType::Gateway,
            false => ServiceType::Interface,
        };
        let Some(detail) = matching(&details, &stack.region, service, &kind) else {
            let word = kind.as_str().to_lowercase();
            let missing = format!(
                "net.endpoints: {} has no {word} endpoint for `{service}`",
                stack.region
            );
            return Err(Error::usage(missing).hint(
                "leave it out; `aws ec2 describe-vpc-endpoint-services` lists those of the region",
            ));
        };
        let there = detail.availability_zones();
        let zones: Vec<String> = all
            .iter()
            .filter(|zone| there.contains(zone))
            .cloned()
            .collect();
        if kind == ServiceType::Interface && zones.is_empty() {
            return Err(Error::usage(format!(
                "net.endpoints: `{service}` has endpoints in {}, in none of the stack's zones",
                there.join(", ")
            ))
            .hint("leave it out, or choose other zones with net.azs"));
        }
        // An endpoint keeps its name: another one would replace it.
        let name = known_name(state, service).or_else(|| detail.service_name().map(str::to_owned));
        if let Some(name) = name {
            services.insert(service.clone(), EndpointService { name, zones });
        }
    }
    Ok(services)
}

/// The name of a service's endpoint in the state.
fn known_name(state: &Document, service: &str) -> Option<String> {
    let address = format!("net.vpc_endpoint.{}", address_name(service));
    let spec = &state.resources.get(&address)?.spec;
    Some(spec.get("service_name")?.as_str()?.to_owned())
}

/// Whether the interface endpoint in the state is in the private subnets of all zones.
fn covers(state: &Document, service: &str, zones: &[Zone]) -> bool {
    let address = format!("net.vpc_endpoint.{}", address_name(service));
    let subnets = state
        .resources
        .get(&address)
        .map(|endpoint| &endpoint.spec["subnet_ids"]);
    let Some(subnets) = subnets.and_then(|ids| ids.as_array()) else {
        return false;
    };
    zones.iter().all(|zone| {
        let subnet = state
            .resources
            .get(&format!("net.subnet.private-{}", zone.letter()));
        let id = subnet.and_then(|subnet| subnet.id.as_deref());
        id.is_some() && subnets.iter().any(|one| one.as_str() == id)
    })
}

/// Reads the services by their usual names, and all of the region where one has another name. None where the credentials
/// may not: roles of earlier versions lack the permission.
async fn describe(
    clients: &Clients,
    stack: &Stack,
    services: &[&String],
) -> Result<Option<Vec<ServiceDetail>>> {
    let region = &stack.region;
    let names: Vec<String> = services
        .iter()
        .map(|service| usual_name(region, service))
        .collect();
    let by_name = Filter::builder()
        .name("service-name")
        .set_values(Some(names.clone()));
    let mut token: Option<String> = None;
    let mut filters = vec![by_name.build()];
    let mut details: Vec<ServiceDetail> = Vec::new();
    loop {
        let call = clients.ec2.describe_vpc_endpoint_services();
        let call = call
            .set_filters((!filters.is_empty()).then(|| filters.clone()))
            .set_next_token(token);
        let answer = match call
            .send()
            .await
            .doing("read the services of VPC endpoints")
        {
            Err(error) if error.is(&["UnauthorizedOperation"]) => return Ok(None),
            other => other?,
        };
        details.extend(answer.service_details.unwrap_or_default());
        token = answer.next_token.filter(|token| !token.is_empty());
        let found = |name: &String| details.iter().any(|one| one.service_name() == Some(name));
        if token.is_none() {
            if filters.is_empty() || names.iter().all(found) {
                return Ok(Some(details));
            }
            filters.clear();
        }
    }
}

/// The service of this type: with its usual name where there is one, otherwise with another one of the region.
fn matching<'a>(
    details: &'a [ServiceDetail],
    region: &str,
    service: &str,
    kind: &ServiceType,
) -> Option<&'a ServiceDetail> {
    let (usual, end) = (usual_name(region, service), format!(".{region}.{service}"));
    let of_kind = |one: &&ServiceDetail| {
        one.service_type()
            .iter()
            .any(|has| has.service_type() == Some(kind))
    };
    let named = |test: &dyn Fn(&str) -> bool| {
        let mut all = details.iter().filter(of_kind);
        all.find(|one| one.service_name().is_some_and(test))
    };
    named(&|name| name == usual).or_else(|| named(&|name| name.ends_with(&end)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::ServiceTypeDetail;

    #[test]
    fn a_service_is_found_by_its_type_and_with_the_name_of_its_region() {
        let service = |name: &str, kind: ServiceType| {
            ServiceDetail::builder()
                .service_name(name)
                .service_type(ServiceTypeDetail::builder().service_type(kind).build())
                .build()
        };
        let all = [
            service("com.amazonaws.cn-north-1.s3", ServiceType::Interface),
            service("com.amazonaws.cn-north-1.s3", ServiceType::Gateway),
            service(
                "cn.com.amazonaws.cn-north-1.ecr.api",
                ServiceType::Interface,
            ),
            service("eu.amazonaws.eusc-de-east-1.logs", ServiceType::Interface),
        ];
        let found = |region: &str, name: &str, kind: ServiceType| {
            let found = matching(&all, region, name, &kind);
            found.and_then(|one| one.service_name().map(str::to_owned))
        };
        let gateway = matching(&all, "cn-north-1", "s3", &ServiceType::Gateway);
        assert_eq!(
            gateway.unwrap().service_type()[0].service_type(),
            Some(&ServiceType::Gateway)
        );
        for (region, name, full) in [
            (
                "cn-north-1",
                "ecr.api",
                Some("cn.com.amazonaws.cn-north-1.ecr.api"),
            ),
            (
                "eusc-de-east-1",
                "logs",
                Some("eu.amazonaws.eusc-de-east-1.logs"),
            ),
            ("cn-north-1", "api", None),
            ("cn-north-1", "logs", None),
        ] {
            assert_eq!(
                found(region, name, ServiceType::Interface).as_deref(),
                full,
                "{name}"
            );
        }
    }
}
