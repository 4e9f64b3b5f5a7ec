"""jieba with our dictionary, for Rasa's own tools and for what else asks jieba."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jieba
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.jieba_tokenizer import JiebaTokenizer
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import sources
from bot.nlu.texts import normalised


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class DictionaryTokenizer(JiebaTokenizer):
    """Rasa's jieba tokenizer, on the normalised text, trained anew when its dictionary changed.

    jieba's dictionaries hold Simplified words only. And Rasa's own tokenizer is restored from
    the training cache after an edit of the word lists, so that the model holds the old ones.
    """

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Return the digest of the word lists."""
        folder = config.get("dictionary_path")
        return sources.digest((".",), Path(folder).resolve()) if folder else None

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the words, each where it stands in the text as it was sent."""
        text = message.get(attribute)
        plain = normalised(text)
        tokens: list[Token] = []
        for _, begin, finish in jieba.tokenize(plain.text):
            start, end = plain.span(begin, finish)
            # One character may become several in the normalised text; it stays one token.
            if not tokens or start >= tokens[-1].end:
                tokens.append(Token(text[start:end], start))
        return self._apply_token_pattern(tokens)
