"""A filter matches a resource with several values if any of them equals any of the filter's.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html
"""

from moto.ec2 import utils


def install():
    matching = utils.is_filter_matching

    def is_filter_matching(resource, name, wanted):
        values = resource.get_filter_value(name)
        if isinstance(values, (list, set, tuple, type({}.keys()), type({}.values()))) and wanted is not None:
            wanted = [wanted] if isinstance(wanted, str) else wanted
            # A copy: another thread may add to what a view shows.
            values = list(values)
            return any(utils.fnmatch.fnmatch(str(value), pattern) for value in values for pattern in wanted)
        return matching(resource, name, wanted)

    utils.is_filter_matching = is_filter_matching
