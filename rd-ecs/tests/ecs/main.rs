//! rd-ecs against the local AWS API, and against image registries on loopback.

mod autoscaling;
mod bad_day;
mod changes;
mod diagnose;
mod drift;
mod exec;
mod faults;
mod first_image;
mod forward;
mod images;
mod kept_images;
mod lifecycle;
mod permissions;
mod promote;
mod push;
mod push_faults;
mod registry;
mod rollouts;
mod run;
mod verify;
