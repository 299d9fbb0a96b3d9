"""Whatever arrives: never a refusal that no rule decided, and never a 200 that the API server could not read."""

from hypothesis import strategies as st

from tests.admission_webhook.serving import read_review

REVIEW = read_review("create-inference-service.json")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=20,
)
