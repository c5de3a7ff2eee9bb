using DiffusionSharp;
using DiffusionSharp.Cpu.Training;
using DiffusionSharp.Networks;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;

namespace Conformance.Training;

/// <summary>
/// What trains, for the goldens: the managed engine. The tests of libtorch are the same files with another class of this name
/// (tests/DiffusionSharp.Torch.Tests/Conformance).
/// </summary>
internal static class TrainingNetworks
{
    public static ITrainingNetwork Create(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> weights) =>
        CpuTraining.Engine.Create(graph, options, weights);

    /// <summary>A batch's loss, the norm of its gradients and the gradients by name; nothing is updated.</summary>
    public static (double Loss, double Norm, IReadOnlyDictionary<string, HostTensor> Gradients) Gradients(
        ITrainingNetwork network, TrainingBatch batch, long step = 0)
    {
        var (loss, gradients) = ((CpuTrainingNetwork)network).LossAndGradients(batch, step);
        return (loss, Math.Sqrt(gradients.Values.SelectMany(g => g.Data).Sum(v => (double)v * v)), gradients);
    }
}
