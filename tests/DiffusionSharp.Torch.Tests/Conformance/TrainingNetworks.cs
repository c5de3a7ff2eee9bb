using DiffusionSharp;
using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Ops;
using DiffusionSharp.Torch.Training;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using TorchSharp;

namespace Conformance.Training;

/// <summary>What trains, for the goldens: libtorch.</summary>
internal static class TrainingNetworks
{
    /// <summary>A network in training; where libtorch cannot be used the test is skipped with the reason.</summary>
    public static ITrainingNetwork Create(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> weights)
    {
        Libtorch.Require();
        return TorchTrainingEngine.Engine.Create(graph, options, weights);
    }

    /// <summary>A batch's loss, the norm of its gradients and the gradients by name; nothing is updated.</summary>
    public static (double Loss, double Norm, IReadOnlyDictionary<string, HostTensor> Gradients) Gradients(
        ITrainingNetwork network, TrainingBatch batch, long step = 0)
    {
        using var scope = torch.NewDisposeScope();
        var (loss, gradients) = ((TorchTrainingNetwork)network).LossAndGradients(batch, step);
        return (loss, GradientNorm.Total([.. gradients.Values]).item<float>(), gradients.ToDictionary(g => g.Key, g => HostCopy.ToHostTensor(g.Value)));
    }
}
