//! The programs together: in pipes, in scripts, at the same time; and what all of them have in common.

mod aws_answers;
mod bad_day;
mod bad_input;
mod behaviour;
mod checkouts;
mod completions;
mod docs_names;
mod docs_say_something;
mod editions;
mod example;
mod help;
mod layers;
mod outputs;
mod pipeline;
mod readme;
mod replacing;
mod round_trips;
mod runs;
mod saved_plans;
mod schemas;
mod scripts;
mod stdin;
mod stdout;
mod streaming;
mod terminal;
mod views;
