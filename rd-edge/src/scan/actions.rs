//! Actions and conditions of listeners as blocks of Terraform. What may be a secret is left out: the client secret of an action
//! that authenticates, and headers.

use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HostHeaderConditionConfig, HttpRequestMethodConditionConfig,
    PathPatternConditionConfig, RedirectActionStatusCodeEnum, RuleCondition,
    SourceIpConditionConfig, TargetGroupStickinessConfig,
};
use serde_json::{Value, json};

/// An action of a listener or of a rule. Pure.
pub fn action(one: &Action) -> Value {
    let mut block = json!({"type": one.r#type().map(ActionTypeEnum::as_str)});
    if let Some(group) = one.target_group_arn() {
        block["target_group_arn"] = json!(group);
    }
    if let Some(forward) = one.forward_config() {
        let groups = forward.target_groups().iter();
        let groups: Vec<Value> = groups
            .map(|group| json!({"arn": group.target_group_arn(), "weight": group.weight()}))
            .collect();
        let sticky = forward.target_group_stickiness_config();
        let sticky = sticky
            .and_then(TargetGroupStickinessConfig::enabled)
            .unwrap_or(false);
        let list = json!({"target_group": groups, "stickiness": [{"enabled": sticky}]});
        block["forward"] = json!([list]);
    }
    if let Some(answer) = one.fixed_response_config() {
        let answer = json!({"status_code": answer.status_code(), "content_type": answer.content_type(),
                            "message_body": answer.message_body()});
        block["fixed_response"] = json!([answer]);
    }
    if let Some(to) = one.redirect_config() {
        let status = to.status_code().map(RedirectActionStatusCodeEnum::as_str);
        let to = json!({"protocol": to.protocol(), "port": to.port(), "host": to.host(), "path": to.path(),
                        "query": to.query(), "status_code": status});
        block["redirect"] = json!([to]);
    }
    block
}

/// A condition of a rule. One that `edge.rules` has no word for is an empty block. Pure.
pub fn condition(one: &RuleCondition) -> Value {
    // Its values stand in the condition, or in its configuration.
    let (name, values) = match one.field() {
        Some("host-header") => (
            "host_header",
            one.host_header_config()
                .map(HostHeaderConditionConfig::values),
        ),
        Some("path-pattern") => (
            "path_pattern",
            one.path_pattern_config()
                .map(PathPatternConditionConfig::values),
        ),
        Some("http-request-method") => (
            "http_request_method",
            one.http_request_method_config()
                .map(HttpRequestMethodConditionConfig::values),
        ),
        Some("source-ip") => (
            "source_ip",
            one.source_ip_config().map(SourceIpConditionConfig::values),
        ),
        _ => return json!({}),
    };
    let values = values.filter(|values| !values.is_empty());
    json!({name: [{"values": values.unwrap_or(one.values())}]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_elasticloadbalancingv2::types::{
        AuthenticateOidcActionConfig, HttpHeaderConditionConfig,
    };

    #[test]
    fn what_may_be_a_secret_is_left_out() {
        let login = AuthenticateOidcActionConfig::builder().client_secret("planted");
        let login = Action::builder()
            .r#type(ActionTypeEnum::AuthenticateOidc)
            .authenticate_oidc_config(login.build())
            .build();
        assert_eq!(action(&login), json!({"type": "authenticate-oidc"}));
        let header = HttpHeaderConditionConfig::builder()
            .http_header_name("X-Key")
            .values("planted");
        let header = RuleCondition::builder()
            .field("http-header")
            .http_header_config(header.build())
            .build();
        assert_eq!(condition(&header), json!({}));
    }

    #[test]
    fn values_stand_in_the_condition_or_in_its_configuration() {
        let old = RuleCondition::builder()
            .field("path-pattern")
            .values("/a/*");
        let new = RuleCondition::builder()
            .field("path-pattern")
            .path_pattern_config(PathPatternConditionConfig::builder().values("/a/*").build());
        let wanted = json!({"path_pattern": [{"values": ["/a/*"]}]});
        assert_eq!(condition(&old.build()), wanted);
        assert_eq!(condition(&new.build()), wanted);
    }
}
