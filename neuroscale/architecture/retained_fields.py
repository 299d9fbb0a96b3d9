"""Which fields of a config.json are kept when it is stored: all but those that cannot bear on the architecture.

Dropped are token ids, training and sampling settings, labels and bookkeeping. Anything else stays, even where this
version of the reader has no use for it: a stored configuration must not change its meaning when a later version
reads one field more.
"""

import math
import re
from collections.abc import Mapping

_DROPPED = re.compile(
    r"""
      _(?!remove_final_layer_norm).*                             # _name_or_path and other private names
    | .*(?:^|_)tokens?_(?:id|ids|index|indices)                    # vocabulary entries
    | (?:bos|eos|pad|sep|unk)_token
    | .*drop(?:out|path)?(?:_.*)? | .*_dropout                     # training
    | .*initializer.* | .*_init | .*_init_method | .*init_std | .*_aux_loss.* | .*loss_coef.* | .*_loss_.*
    | .*_eps | .*epsilon
    | output_(?:attentions|hidden_states|router_logits|scores) | return_dict(?:_in_generate)? | use_cache
    | id2label | label2id | problem_type | finetuning_task | task_specific_params | torchscript | tokenizer_class
    | transformers_version | transformers\.js_config | pretraining_tp | ep_size | gradient_checkpointing
    | temperature | top_p | typical_p | num_beams.* | num_return_sequences | do_sample | early_stopping
    | repetition_penalty | length_penalty | no_repeat_ngram_size | encoder_no_repeat_ngram_size | diversity_penalty
    | bad_words_ids | forced_.*_token_id | begin_suppress_tokens | suppress_tokens | prefix | min_length
    | max_length | chunk_size_feed_forward | exponential_decay_length_penalty | remove_invalid_values
    | tf_legacy_loss | use_bfloat16 | observer | observer_kwargs
    """,
    re.VERBOSE,
)


def retained_fields(config: Mapping[str, object]) -> dict[str, object]:
    """Return a copy of a configuration with the fields that may bear on the architecture, at every level."""
    return {
        name: _retained(value)
        for name, value in config.items()
        if not _DROPPED.fullmatch(name) and _is_finite(value)
    }


def _is_finite(value: object) -> bool:
    """Tell whether a value can be written as JSON; published files bound time steps by an infinite number."""
    if isinstance(value, list | tuple):
        return all(_is_finite(item) for item in value)
    return not isinstance(value, float) or math.isfinite(value)


def _retained(value: object) -> object:
    if isinstance(value, Mapping):
        return retained_fields(value)
    if isinstance(value, list | tuple):
        return [_retained(item) for item in value]
    return value
