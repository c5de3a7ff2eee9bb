namespace DiffusionSharp.Training;

/// <summary>How the learning rate goes on after warm-up.</summary>
public enum LearningRateDecay
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls to 0 along half a cosine, at the run's last image.</summary>
    Cosine,
}
