"""One step of training: gradients of a few batches, shared among processes, clipped and applied."""

import math
from collections.abc import Sequence

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from cnerkit.engine.capacity import capacity_of
from cnerkit.engine.memory_errors import translated_memory_errors
from cnerkit.engine.optimisation import new_optimizer, rate_at, set_rates
from cnerkit.engine.seeds import seed_everything
from cnerkit.errors import CnerkitError
from cnerkit.nn.batch import Batch
from cnerkit.nn.protocols import AveragesBuffers, CountsExamples, Model, Reports
from cnerkit.recipe.schema import TrainingSettings
from cnerkit.text import Sentence


class Stepper:
    """A model and its optimizer, moved on step by step.

    The loss stays on the device: reading it at each step would make a GPU wait for the host.
    """

    def __init__(self, model: Model, settings: TrainingSettings, accelerator: Accelerator) -> None:
        assert isinstance(model, nn.Module), "a model is a torch module"
        self.model, self.settings, self.accelerator = model.to(accelerator.device), settings, accelerator
        self.capacity = capacity_of(model)
        copy_from_first_process(self.model, accelerator)
        self.optimizer = new_optimizer(self.model, settings)
        self.trained = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        modules = dict(self.model.named_modules())
        self.reporting = {name: module for name, module in modules.items() if isinstance(module, Reports)}
        averaging = [module for module in modules.values() if isinstance(module, AveragesBuffers)]
        self.averaged = [buffer for module in averaging for buffer in module.averaged_buffers()]
        self.loss_sum = torch.zeros((), dtype=torch.float32, device=accelerator.device)
        self.first_bad_step = torch.full((), -1, dtype=torch.int64, device=accelerator.device)
        self.stop_requests = torch.zeros((), device=accelerator.device)

    def take(self, batches: Sequence[Sequence[Sentence]], *, step: int, n_steps: int, wants_to_stop: bool = False) -> None:
        """Take one step.

        Each batch of the step counts the same, however many there are, or as much as it has examples, where the model counts
        them: then the step is that of one large batch. What it draws at random follows from the seed, the step and the process
        alone.

        Args:
            batches: The batches of all processes; this one computes its share.
            step: The step, counted from 0.
            n_steps: Steps of the whole run.
            wants_to_stop: Whether this process was asked to stop; all learn of it with the gradients.

        Raises:
            CnerkitError: The device ran out of memory.
        """
        here, n_processes = self.accelerator.process_index, self.accelerator.num_processes
        seed_everything(self.settings.seed, "step", step, here)
        self.optimizer.zero_grad(set_to_none=True)
        loss = torch.zeros((), device=self.accelerator.device)
        own = slice(here, None, n_processes)
        for sentences, share in zip(batches[own], self._shares(batches)[own], strict=True):
            loss += self.add_gradients(sentences, share)
        if n_processes > 1:
            loss, stop = self._share(loss, wants_to_stop)
            self.stop_requests += stop
        self.loss_sum += loss
        norm = torch.nn.utils.clip_grad_norm_(self.trained, self.settings.clip or math.inf)
        is_sound = loss.isfinite() & norm.isfinite()
        self.first_bad_step = torch.where(is_sound | (self.first_bad_step >= 0), self.first_bad_step, step)
        set_rates(self.optimizer, rate_at(step, n_steps, self.settings))
        self.optimizer.step()

    def _shares(self, batches: Sequence[Sequence[Sentence]]) -> list[float]:
        """How much each batch of a step counts; 1 in all."""
        if not isinstance(self.model, CountsExamples) or len(batches) == 1:
            return [1 / len(batches)] * len(batches)
        counts = [self.model.n_examples(sentences) for sentences in batches]
        return [count / max(1, sum(counts)) for count in counts]

    def add_gradients(self, sentences: Sequence[Sentence], weight: float) -> Tensor:
        """Add the gradient of a batch's loss, times a weight, to the parameters' gradients, and give the weighted loss.

        Raises:
            CnerkitError: The device ran out of memory.
        """
        with translated_memory_errors(sentences, self.capacity, training=True):
            batch = Batch.of(sentences, self.accelerator.device)
            with self.accelerator.autocast():
                terms: dict[str, Tensor] = self.model.loss(batch)
            loss = torch.stack([term.float() for term in terms.values()]).sum() * weight
            loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def measures(self) -> dict[str, float]:
        """What modules report of the last step, by the module's name and theirs; waits for the device."""
        told = {
            f"{name}.{what}".removeprefix("."): value
            for name, module in self.reporting.items()
            for what, value in module.measures().items()
        }
        values = torch.stack([value.float() for value in told.values()]).tolist() if told else []
        return dict(zip(told, values, strict=True))

    def _share(self, loss: Tensor, wants_to_stop: bool) -> tuple[Tensor, Tensor]:
        """Sum gradients, loss and wishes to stop over the processes, and average some buffers, in one message."""
        for parameter in self.trained:
            if parameter.grad is None:  # this process had no batch, or none that used the parameter
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in self.trained if parameter.grad is not None]
        for buffer in self.averaged:
            buffer.div_(self.accelerator.num_processes)
        shared = [*gradients, *self.averaged]
        extra = torch.stack([loss, torch.full_like(loss, float(wants_to_stop))])
        message = torch.cat([*(tensor.flatten() for tensor in shared), extra])
        message = self.accelerator.reduce(message, reduction="sum")
        parts = message.split([*(tensor.numel() for tensor in shared), 1, 1])
        for tensor, part in zip(shared, parts[:-2], strict=True):
            tensor.copy_(part.view_as(tensor))
        return parts[-2].squeeze(), parts[-1].squeeze()

    def refuse_non_finite(self, epoch: int, steps_before: int) -> None:
        """Wait for the device, and refuse a loss or a gradient that is not a number.

        Args:
            epoch: The epoch, counted from 1.
            steps_before: Steps of the epochs before it.

        Raises:
            CnerkitError: Those of some step since the start of this process were not finite.
        """
        step = int(self.first_bad_step)
        if step < 0:
            return
        place = f"step {step - steps_before + 1} of epoch {epoch} (step {step + 1} of the run)"
        raise CnerkitError(
            f"the loss or its gradient is not finite at {place}",
            fix="lower training.lr or training.encoder_lr, set training.clip, raise training.warmup, "
            "or train with training.precision fp32",
        )


def copy_from_first_process(model: Model, accelerator: Accelerator) -> None:
    """Give the model of every process the weights and buffers of the first."""
    assert isinstance(model, nn.Module), "a model is a torch module"
    if accelerator.num_processes > 1:
        for tensor in (*model.parameters(), *model.buffers()):
            torch.distributed.broadcast(tensor.data, src=0)
