"""A record goes where every Kafka client would send it."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from spplus_chassis.batches import partition_of


@given(st.binary(max_size=80), st.integers(1, 48))
def test_partition_is_that_of_the_default_partitioner(key, count):
    partitions = list(range(count))
    assert partition_of(key, count) == DefaultPartitioner()(key, partitions, partitions)
