namespace DiffusionSharp.Training.Options;

/// <summary>How the learning rate goes on after warm-up, under the names of diffusers' <c>get_scheduler</c>.</summary>
public enum LearningRateDecay
{
    /// <summary>It stays (<c>constant</c>, <c>constant_with_warmup</c>).</summary>
    Constant,

    /// <summary>It falls to 0 along half a cosine, at the run's last image.</summary>
    Cosine,

    /// <summary>It falls to 0 in a straight line, at the run's last image.</summary>
    Linear,

    /// <summary>It falls to 0 along half a cosine <see cref="TrainingOptions.DecayCycles"/> times, and begins anew at its full height in between.</summary>
    CosineWithRestarts,

    /// <summary>It falls to <see cref="TrainingOptions.FinalLearningRate"/> as a power, <see cref="TrainingOptions.DecayPower"/>, of what is left of the run.</summary>
    Polynomial,
}
