using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace TestKit.Networks;

/// <summary>A network with a batch to learn from.</summary>
/// <param name="Network">The network and its weights.</param>
/// <param name="Batch">What it should learn.</param>
/// <param name="Options">Seed, loss, batch and micro-batch; the rest as it is by default.</param>
/// <param name="Step">Updates done before.</param>
public sealed record TrainingCase(NetworkCase Network, TrainingBatch Batch, TrainingOptions Options, long Step)
{
    /// <summary>Whether there is any dropout.</summary>
    public bool HasDropout => Network.Graph.Nodes.Any(n => n.Operation is Operation.Dropout);

    /// <summary>What the loss is computed of.</summary>
    public LossInputs Inputs => LossInputs.FromBatch(Batch, Options, Step);

    /// <summary>Loss and gradients in float64.</summary>
    public LossGradients Reference() => new ReferenceGradients(Network.Graph, p => Network.Weights[p.Name]).Compute(Inputs);

    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Options.Loss}, {Options.Reduction}, micro-batch {Options.MicroBatch}, seed {Options.Seed}, step {Step}\n{Network}");
}
