"""Threads that ask for the same operation of a service at the same time get moto's model of it. moto and botocore cache
theirs under the same name, so that a thread could get botocore's, which lacks members, and its request failed."""

import threading

from moto.core.model import ServiceModel

# The same thread may come here twice, where this is installed twice.
_making = threading.RLock()


def install():
    make = ServiceModel.operation_model

    def operation_model(self, operation_name):
        made = self.__dict__.setdefault("_operation_models", {})
        if operation_name not in made:
            with _making:
                made[operation_name] = make(self, operation_name)
        return made[operation_name]

    ServiceModel.operation_model = operation_model
