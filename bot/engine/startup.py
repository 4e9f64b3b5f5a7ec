"""What has to happen before Rasa is imported: quiet logs, no telemetry, no TensorFlow.

This module itself imports neither Rasa nor anything slow.
"""

from __future__ import annotations

import logging
import os
import sys
import types
import warnings

from bot import log

# Modules that our pipeline never calls, and the names that Rasa imports from them. They
# alone pull in TensorFlow, Keras and JAX: with them the process starts in 24 s, without in 7.
_UNUSED: dict[str, tuple[str, ...]] = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator", "RasaDataGenerator"),
    "rasa.utils.tensorflow.model_data": (
        "RasaModelData",
        "FeatureArray",
        "FeatureSignature",
        "Data",
        "ragged_array_to_ndarray",
    ),
    # Rules are tested against stories in training only; this brings matplotlib.
    "rasa.core.test": (),
    # An archive names the components of its training too; this one knows every classifier.
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
}
# The SDKs of chat services, 1 to 2 s more; Rasa's own channels are not served here.
_CHANNELS = {
    "botframework": "BotFrameworkInput",
    "callback": "CallbackInput",
    "console": "CmdlineInput",
    "facebook": "FacebookInput",
    "hangouts": "HangoutsInput",
    "mattermost": "MattermostInput",
    "rasa_chat": "RasaChatInput",
    "rocketchat": "RocketChatInput",
    "slack": "SlackInput",
    "socketio": "SocketIOInput",
    "telegram": "TelegramInput",
    "twilio": "TwilioInput",
    "twilio_voice": "TwilioVoiceInput",
    "webexteams": "WebexTeamsInput",
}


def prepare(*, training: bool = False, level: str = "INFO", json_lines: bool = False) -> None:
    """Set the process up for `import rasa`. Call it first, once.

    `training` keeps Rasa whole: its recipe looks at every component there is.
    """
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    # Rasa logs whole messages at DEBUG, through structlog's default printer unless told else.
    log.configure(level=level, json_lines=json_lines)
    # A form that leaves a message to the rules is not an error; real failures we log ourselves.
    logging.getLogger("rasa.core.actions.action").setLevel(logging.CRITICAL)
    for noisy in ("apscheduler", "jieba", "matplotlib", "asyncio", "rasa.engine"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    warnings.simplefilter("ignore", DeprecationWarning)
    if not training:
        _leave_out()


def _leave_out() -> None:
    for name, classes in _UNUSED.items():
        sys.modules.setdefault(name, _empty(name, classes))
    for name, channel in _CHANNELS.items():
        full = f"rasa.core.channels.{name}"
        sys.modules.setdefault(full, _empty(full, (channel,)))


def _empty(name: str, classes: tuple[str, ...]) -> types.ModuleType:
    module = types.ModuleType(name, "Left out: see bot.engine.startup.")
    for each in classes:
        members = {"__module__": name, "name": classmethod(lambda cls: cls.__name__)}
        setattr(module, each, type(each, (), members))
    return module
