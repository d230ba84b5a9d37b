"""AWS's Price List, which moto lacks."""
