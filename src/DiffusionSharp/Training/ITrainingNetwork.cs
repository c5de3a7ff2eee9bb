using DiffusionSharp.Networks;
using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Training;

/// <summary>A network in training on some engine: its weights, their moments and their averages.</summary>
public interface ITrainingNetwork : IDisposable
{
    /// <summary>One update: loss and gradients of a batch, clip, optimizer, averages.</summary>
    /// <param name="batch">The images, with what the network should say of them; receives each image's loss.</param>
    /// <param name="step">Updates done before; with the options' seed it decides what dropout drops.</param>
    /// <param name="learningRate">This update's learning rate.</param>
    /// <exception cref="DiffusionException">The loss or the gradient is not finite, and nothing was updated (<see cref="ErrorKind.NonFinite"/>); or memory does not suffice.</exception>
    UpdateResult Update(TrainingBatch batch, long step, double learningRate);

    /// <summary>The network with averaged weights, as they are at each call. It is the network's own: it lives as long, and is not called during an update.</summary>
    /// <param name="average">The average: the place of its decay in the options, those of a power function coming after the decays.</param>
    IDenoiser Averaged(int average);

    /// <summary>The weights by name.</summary>
    IReadOnlyDictionary<string, HostTensor> ExportWeights();

    /// <summary>The optimizer's moments as <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>.</summary>
    IReadOnlyDictionary<string, HostTensor> ExportMoments();

    /// <summary>An average by the weights' names.</summary>
    /// <param name="average">The average, as for <see cref="Averaged"/>.</param>
    IReadOnlyDictionary<string, HostTensor> ExportAverage(int average);

    /// <summary>Goes on from saved moments.</summary>
    /// <param name="moments">As <see cref="ExportMoments"/> gave them.</param>
    /// <param name="step">Updates done when they were saved.</param>
    /// <exception cref="DiffusionException">They are not this network's (<see cref="ErrorKind.ModelFile"/>); nothing was changed.</exception>
    void ImportMoments(IReadOnlyDictionary<string, HostTensor> moments, long step);

    /// <summary>Goes on from a saved average.</summary>
    /// <param name="average">The average, as for <see cref="Averaged"/>.</param>
    /// <param name="values">As <see cref="ExportAverage"/> gave them.</param>
    /// <param name="step">Updates done when they were saved.</param>
    /// <exception cref="DiffusionException">They are not this network's (<see cref="ErrorKind.ModelFile"/>); nothing was changed.</exception>
    void ImportAverage(int average, IReadOnlyDictionary<string, HostTensor> values, long step);

    /// <summary>Looks for a fault of the engine itself after an update that was not finite; null when there is none.</summary>
    string? Fault();
}
