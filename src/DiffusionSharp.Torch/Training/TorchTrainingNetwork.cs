using DiffusionSharp.Networks;
using DiffusionSharp.Torch.Engine;
using DiffusionSharp.Training;
using DiffusionSharp.Training.Objectives;
using DiffusionSharp.Training.Options;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Training;

/// <summary>A network in training on libtorch.</summary>
internal sealed class TorchTrainingNetwork : ITrainingNetwork
{
    private readonly TrainingStep step;
    private readonly TorchDenoiser[] averaged;

    public TorchTrainingNetwork(NetworkGraph graph, TrainingOptions options, Func<ParameterSpec, HostTensor> weights)
    {
        step = new TrainingStep(graph, options, weights);
        averaged = [.. step.Averages.Select(a => new TorchDenoiser(step.Network.With(a.Named)))];
    }

    public UpdateResult Update(TrainingBatch batch, long step, double learningRate) => this.step.Run(batch, step, learningRate);

    public IDenoiser Averaged(int average) => averaged[average];

    public IReadOnlyDictionary<string, HostTensor> ExportWeights() => step.Network.ToHost();

    public IReadOnlyDictionary<string, HostTensor> ExportMoments() => step.Optimizer.Export();

    public IReadOnlyDictionary<string, HostTensor> ExportAverage(int average) => step.Averages[average].Export();

    public void ImportMoments(IReadOnlyDictionary<string, HostTensor> moments, long step) => this.step.Optimizer.Import(moments, step);

    public void ImportAverage(int average, IReadOnlyDictionary<string, HostTensor> values, long step) => this.step.Averages[average].Import(values, step);

    /// <summary>A batch's loss and its gradients by name, which the caller disposes.</summary>
    internal (double Loss, Dictionary<string, Tensor> Gradients) LossAndGradients(TrainingBatch batch, long step)
    {
        var (loss, gradients) = this.step.LossAndGradients(batch, step);
        return (loss, this.step.Network.Parameters.Keys.Zip(gradients).ToDictionary());
    }

    public string? Fault() => step.Network.CheckAgain();

    public void Dispose() => step.Dispose();
}
