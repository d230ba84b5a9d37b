//! The containers of a task definition, without what may be secret: of variables only the names, and no command.

use serde_json::{Value, json};

/// The attribute `containers` of a task definition, a block each; nothing for other types. Terraform has the containers as a
/// text, `container_definitions`, which is never copied.
pub fn of(kind: &str, values: Option<&Value>) -> Option<(String, Value)> {
    if kind != "aws_ecs_task_definition" {
        return None;
    }
    let text = values?.get("container_definitions")?.as_str()?;
    let all: Vec<Value> = serde_json::from_str(text).ok()?;
    let containers = all.iter().map(container).collect();
    Some(("containers".to_owned(), Value::Array(containers)))
}

fn container(one: &Value) -> Value {
    let names = |list: &str| -> Vec<&str> {
        let pairs = one[list].as_array();
        let names = pairs.into_iter().flatten();
        names.filter_map(|pair| pair["name"].as_str()).collect()
    };
    json!({
        "name": one["name"].as_str(),
        "image": one["image"].as_str(),
        "environment": names("environment"),
        "secrets": names("secrets"),
        "log_group": one["logConfiguration"]["options"]["awslogs-group"].as_str(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_variables_and_commands_are_left_where_they_are() {
        let text = json!([{
            "name": "web", "image": "i:1", "command": ["run", "--token=planted"],
            "environment": [{"name": "PORT", "value": "planted"}], "secrets": [{"name": "KEY", "valueFrom": "planted"}],
            "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/web", "x": "planted"}},
        }, {"name": "envoy"}, "planted"]);
        let values = json!({"container_definitions": text.to_string()});
        let (name, read) = of("aws_ecs_task_definition", Some(&values)).unwrap();
        assert_eq!(name, "containers");
        let first = json!({"name": "web", "image": "i:1", "environment": ["PORT"], "secrets": ["KEY"], "log_group": "/web"});
        assert_eq!(read[0], first);
        assert_eq!(read[1]["name"], "envoy");
        assert!(!read.to_string().contains("planted"));
        assert_eq!(of("aws_ecs_service", Some(&values)), None);
        let broken = json!({"container_definitions": "[planted"});
        assert_eq!(of("aws_ecs_task_definition", Some(&broken)), None);
    }
}
