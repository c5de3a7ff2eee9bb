using DiffusionSharp.Training.Objectives;

namespace DiffusionSharp.Bench.Training;

/// <summary>A network in training.</summary>
internal interface ITrainingContender : IDisposable
{
    /// <summary>Does an update and measures it.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="step">Updates done before.</param>
    TrainingUpdate Update(TrainingBatch batch, long step);
}
