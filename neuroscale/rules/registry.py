"""The rule book: every rule, by an explicit list of its modules."""

from typing import Any

from neuroscale.rules.arguments import (
    argument_refused_by_the_engine,
    batched_tokens_too_few,
    boolean_flag_with_value,
    configuration_key_unknown,
    environment_variable_without_effect,
    float16_not_supported_by_model,
    gguf_needs_a_plugin,
    kv_cache_type_does_not_fit,
    lora_options_do_not_fit,
    model_class_not_in_this_version,
    option_without_effect,
    quantization_contradicts_checkpoint,
    speculative_settings_do_not_fit,
)
from neuroscale.rules.autoscaling import (
    autoscaler_on_members_of_a_group,
    autoscaler_on_utilisation,
    autoscaler_target_without_scale_subresource,
    autoscalers_share_a_target,
    engine_metrics_are_off,
    kserve_autoscaling_setting_without_effect,
    lost_metrics_read_as_zero,
    metric_not_exported_by_the_engine,
    query_gives_several_numbers,
    replicas_go_before_they_could_return,
    scale_to_zero_cannot_be_undone,
    threshold_out_of_reach,
)
from neuroscale.rules.engines import (
    mixture_of_experts_on_text_generation_inference,
    sglang_expert_slice_not_whole,
    sglang_experts_not_divisible_by_expert_parallel_size,
    sglang_parallel_sizes_do_not_fit,
    sglang_quantization_contradicts_checkpoint,
    tensorrt_llm_parallel_sizes_do_not_fit,
    text_generation_inference_settings_contradict,
)
from neuroscale.rules.hardware import (
    bfloat16_not_supported_by_accelerator,
    quantization_not_supported_by_accelerator,
)
from neuroscale.rules.knowledge import cannot_judge
from neuroscale.rules.kserve import (
    data_parallel_size_not_a_multiple_of_local_size,
    default_limits_of_kserve,
    engine_port_not_routed,
    parallelism_field_reaches_no_engine,
    pipeline_parallel_workers_without_preset,
)
from neuroscale.rules.labels import labels_missing_or_contradicting, model_profile_not_believed
from neuroscale.rules.lifecycle import (
    probe_gives_up_while_loading,
    probe_never_answered,
    progress_deadline_passes_while_loading,
    shared_memory_too_small,
    storage_smaller_than_weights,
)
from neuroscale.rules.memory import (
    context_length_over_model_maximum,
    kv_cache_copied_on_tensor_parallel_ranks,
    longest_request_exceeds_kv_cache,
    weights_exceed_accelerator_memory,
)
from neuroscale.rules.parallelism import (
    accelerators_of_the_pod_do_not_match_world_size,
    attention_heads_not_divisible_by_tensor_parallel_size,
    data_parallel_options_contradict_each_other,
    decode_context_parallel_size_does_not_fit,
    dynamic_per_tensor_fp8_with_data_parallel,
    expert_load_balancing_not_possible,
    expert_parallel_on_dense_model,
    expert_size_not_divisible_by_expert_tensor_parallel_size,
    expert_slice_splits_scale_groups,
    external_data_parallel_on_dense_model,
    fp8_block_shape_not_kept,
    kv_heads_not_divisible_by_tensor_parallel_size,
    layers_not_divisible_by_tensor_parallel_size,
    linear_slice_splits_scale_groups,
    more_tensor_parallel_ranks_than_experts,
    nodes_do_not_share_the_ranks,
    pipeline_parallelism_not_supported,
    prefill_context_parallelism_not_supported,
    ranks_over_partitions_of_a_device,
    state_heads_not_divisible_by_tensor_parallel_size,
)
from neuroscale.rules.rule import Rule
from neuroscale.rules.subject import Subject

AnyRule = Rule[Any]

_RULES: tuple[AnyRule, ...] = (
    cannot_judge.RULE,
    attention_heads_not_divisible_by_tensor_parallel_size.RULE,
    kv_heads_not_divisible_by_tensor_parallel_size.RULE,
    expert_size_not_divisible_by_expert_tensor_parallel_size.RULE,
    fp8_block_shape_not_kept.RULE,
    expert_parallel_on_dense_model.RULE,
    accelerators_of_the_pod_do_not_match_world_size.RULE,
    expert_load_balancing_not_possible.RULE,
    external_data_parallel_on_dense_model.RULE,
    data_parallel_options_contradict_each_other.RULE,
    decode_context_parallel_size_does_not_fit.RULE,
    dynamic_per_tensor_fp8_with_data_parallel.RULE,
    expert_slice_splits_scale_groups.RULE,
    layers_not_divisible_by_tensor_parallel_size.RULE,
    state_heads_not_divisible_by_tensor_parallel_size.RULE,
    more_tensor_parallel_ranks_than_experts.RULE,
    pipeline_parallelism_not_supported.RULE,
    linear_slice_splits_scale_groups.RULE,
    nodes_do_not_share_the_ranks.RULE,
    prefill_context_parallelism_not_supported.RULE,
    ranks_over_partitions_of_a_device.RULE,
    weights_exceed_accelerator_memory.RULE,
    context_length_over_model_maximum.RULE,
    longest_request_exceeds_kv_cache.RULE,
    kv_cache_copied_on_tensor_parallel_ranks.RULE,
    boolean_flag_with_value.RULE,
    argument_refused_by_the_engine.RULE,
    quantization_contradicts_checkpoint.RULE,
    batched_tokens_too_few.RULE,
    option_without_effect.RULE,
    model_class_not_in_this_version.RULE,
    float16_not_supported_by_model.RULE,
    lora_options_do_not_fit.RULE,
    configuration_key_unknown.RULE,
    speculative_settings_do_not_fit.RULE,
    gguf_needs_a_plugin.RULE,
    kv_cache_type_does_not_fit.RULE,
    environment_variable_without_effect.RULE,
    autoscaler_target_without_scale_subresource.RULE,
    autoscaler_on_utilisation.RULE,
    metric_not_exported_by_the_engine.RULE,
    engine_metrics_are_off.RULE,
    autoscalers_share_a_target.RULE,
    autoscaler_on_members_of_a_group.RULE,
    kserve_autoscaling_setting_without_effect.RULE,
    threshold_out_of_reach.RULE,
    replicas_go_before_they_could_return.RULE,
    scale_to_zero_cannot_be_undone.RULE,
    query_gives_several_numbers.RULE,
    lost_metrics_read_as_zero.RULE,
    labels_missing_or_contradicting.RULE,
    model_profile_not_believed.RULE,
    parallelism_field_reaches_no_engine.RULE,
    data_parallel_size_not_a_multiple_of_local_size.RULE,
    pipeline_parallel_workers_without_preset.RULE,
    engine_port_not_routed.RULE,
    default_limits_of_kserve.RULE,
    probe_never_answered.RULE,
    probe_gives_up_while_loading.RULE,
    storage_smaller_than_weights.RULE,
    shared_memory_too_small.RULE,
    progress_deadline_passes_while_loading.RULE,
    sglang_experts_not_divisible_by_expert_parallel_size.RULE,
    sglang_parallel_sizes_do_not_fit.RULE,
    sglang_expert_slice_not_whole.RULE,
    tensorrt_llm_parallel_sizes_do_not_fit.RULE,
    text_generation_inference_settings_contradict.RULE,
    mixture_of_experts_on_text_generation_inference.RULE,
    sglang_quantization_contradicts_checkpoint.RULE,
    bfloat16_not_supported_by_accelerator.RULE,
    quantization_not_supported_by_accelerator.RULE,
)
_RULES_BY_SUBJECT: dict[type, tuple[AnyRule, ...]] = {
    rule.subject: tuple(each for each in _RULES if each.subject is rule.subject) for rule in _RULES
}


def all_rules() -> tuple[AnyRule, ...]:
    """Return every rule, in the order of the identifiers."""
    return _RULES


def rules_for(subject: Subject) -> tuple[AnyRule, ...]:
    """Return the rules that judge this type of subject."""
    return _RULES_BY_SUBJECT.get(type(subject), ())
