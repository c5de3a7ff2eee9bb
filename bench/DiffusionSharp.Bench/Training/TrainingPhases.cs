namespace DiffusionSharp.Bench.Training;

/// <summary>Seconds of an update's parts.</summary>
/// <param name="Forward">From the batch to the loss.</param>
/// <param name="Backward">Everything backward.</param>
/// <param name="ToInputs">Of it, the gradients to convolutions' inputs; null where nobody knows.</param>
/// <param name="ToWeights">Of it, those to weights; null where nobody knows.</param>
/// <param name="Optimizer">The gradient's norm, clip, Adam and the average.</param>
internal sealed record TrainingPhases(double Forward, double Backward, double? ToInputs, double? ToWeights, double Optimizer)
{
    /// <summary>Of the backward part, the rest: norms, attention, sums.</summary>
    public double? OtherBackward => Backward - ToInputs - ToWeights;

    /// <summary>The managed engine's parts, from the names of its steps.</summary>
    /// <param name="steps">The steps.</param>
    /// <param name="seconds">Of each step.</param>
    /// <param name="update">Of the whole update.</param>
    public static TrainingPhases FromSteps(IReadOnlyList<string> steps, double[] seconds, double update)
    {
        var forward = steps.ToList().IndexOf("loss") + 1;
        if (forward == 0)
        {
            throw new InvalidOperationException("the managed engine's steps have no 'loss' any more, where the forward pass ends");
        }

        return new(
            seconds[..forward].Sum(), seconds[forward..].Sum(), Backward(", to inputs") + Backward(", transposed"), Backward(", to weights"), update - seconds.Sum());

        double Backward(string ending) => Enumerable.Range(forward, steps.Count - forward).Where(i => steps[i].EndsWith(ending, StringComparison.Ordinal)).Sum(i => seconds[i]);
    }

    /// <summary>The median of each part.</summary>
    public static TrainingPhases? Median(IReadOnlyList<TrainingPhases?> all)
    {
        return all.Any(p => p is null) ? null : new(Of(p => p.Forward)!.Value, Of(p => p.Backward)!.Value, Of(p => p.ToInputs), Of(p => p.ToWeights), Of(p => p.Optimizer)!.Value);

        double? Of(Func<TrainingPhases, double?> part) => all.Any(p => part(p!) is null) ? null : Measuring.Timing.MedianOf(all.Select(p => part(p!)!.Value));
    }
}
