"""The local AWS API: moto's server and what is added to it."""
