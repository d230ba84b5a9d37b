"""A thread gets moto's model of an operation while another thread makes it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import TestCase, mock

from moto.core import model
from moto.core.utils import get_service_model

from aws_local import service_models


class ServiceModels(TestCase):
    def test_threads_get_the_same_model_of_an_operation(self):
        make = model.OperationModel
        begun = threading.Event()

        def slowly(*arguments):
            begun.set()
            time.sleep(0.2)
            return make(*arguments)

        # Whether the module is installed already depends on the tests before this one.
        with mock.patch.object(model.ServiceModel, "operation_model", model.ServiceModel.operation_model):
            service_models.install()
            known = get_service_model("route53")
            service = model.ServiceModel(known._service_description, "route53")
            with mock.patch.object(model, "OperationModel", slowly), ThreadPoolExecutor() as threads:
                first = threads.submit(service.operation_model, "CreateHostedZone")
                begun.wait()
                second = threads.submit(service.operation_model, "CreateHostedZone")
                self.assertEqual(first.result().http_trait.method, "POST")
                self.assertEqual(second.result().http_trait.method, "POST")
