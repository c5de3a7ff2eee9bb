using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Training;

/// <summary>A network in training that learns what a teacher says of each batch.</summary>
internal sealed class TaughtNetwork(ITrainingNetwork network, Teacher teacher) : ITrainingNetwork
{
    public UpdateResult Update(TrainingBatch batch, long step, double learningRate)
    {
        teacher.Answer(batch);
        return network.Update(batch, step, learningRate);
    }

    public IDenoiser Averaged(int average) => network.Averaged(average);

    public IReadOnlyDictionary<string, HostTensor> ExportWeights() => network.ExportWeights();

    public IReadOnlyDictionary<string, HostTensor> ExportMoments() => network.ExportMoments();

    public IReadOnlyDictionary<string, HostTensor> ExportAverage(int average) => network.ExportAverage(average);

    public void ImportMoments(IReadOnlyDictionary<string, HostTensor> moments, long step) => network.ImportMoments(moments, step);

    public void ImportAverage(int average, IReadOnlyDictionary<string, HostTensor> values, long step) => network.ImportAverage(average, values, step);

    public string? Fault() => network.Fault();

    public void Dispose() => network.Dispose();
}
