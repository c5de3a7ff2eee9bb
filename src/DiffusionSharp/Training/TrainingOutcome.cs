namespace DiffusionSharp.Training;

/// <summary>How a session of a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>The run reached its end; its model is exported.</summary>
    Finished,

    /// <summary>It was asked to stop; everything is saved and it can be resumed.</summary>
    Interrupted,
}
