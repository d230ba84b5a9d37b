"""The local AWS API: moto's server, with fixes and additions. README.md describes it."""
