//! The combinations of CPU and memory that Fargate offers.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size>

/// CPU units, with the minimum, maximum and step of the memory for them, in MiB.
const SIZES: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2048, 512),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// Checks a combination of CPU units and MiB; the error says what is allowed.
pub fn check(cpu: u32, memory: u32) -> Result<(), String> {
    let Some((_, least, most, step)) = SIZES.iter().find(|(units, ..)| *units == cpu) else {
        let units: Vec<String> = SIZES.iter().map(|(units, ..)| units.to_string()).collect();
        return Err(format!("cpu must be one of {}", units.join(", ")));
    };
    // 256 CPU units cannot have 1.5 GB.
    let fits = (*least..=*most).contains(&memory)
        && (memory - least).is_multiple_of(*step)
        && !(cpu == 256 && memory == 1536);
    if fits {
        return Ok(());
    }
    Err(match cpu {
        256 => "with 256 CPU, memory must be 512, 1024 or 2048".to_owned(),
        _ => format!("with {cpu} CPU, memory must be {least} to {most} in steps of {step}"),
    })
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_sizes_of_fargate_are_valid() {
        for (cpu, memory) in [(256, 512), (256, 2048), (512, 3072), (16384, 40960)] {
            assert_eq!(check(cpu, memory), Ok(()), "{cpu} {memory}");
        }
        for (cpu, memory) in [
            (256, 1536),
            (256, 4096),
            (300, 512),
            (8192, 17408),
            (512, 512),
        ] {
            assert!(check(cpu, memory).is_err(), "{cpu} {memory}");
        }
    }
}
