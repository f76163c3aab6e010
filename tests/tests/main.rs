//! The integration tests, one binary.

#[cfg(feature = "browser")]
mod browser;
mod account;
mod admission;
mod allocator;
mod api;
mod attacks;
mod callback;
mod choices;
mod conformance;
mod cross_origin;
#[cfg(feature = "databases")]
mod databases;
mod demo;
mod disconnect;
mod disconnect_races;
mod doctor;
mod flow_sign_in;
mod every_route;
mod exhaustion;
mod guarding;
mod held_forms;
mod hot_path;
mod house;
mod jobs;
mod manifest;
mod midway;
mod newcomer;
mod narrowed_tokens;
mod nodes;
mod openapi;
mod operate;
mod outages;
mod own_login;
mod pages;
mod pasted;
mod places;
mod properties;
mod races;
mod remedies;
mod request_kinds;
mod return_paths;
mod schedules;
mod security_events;
mod service_accounts;
#[cfg(feature = "servers")]
mod servers;
mod signatures;
mod staying;
mod stores;
mod step_up;
mod streams;
mod support;
mod traces;
mod ui;
mod wiping;
