namespace DiffusionSharp.Schedules;

/// <summary>What a network's output m stands for. The three are interchangeable (Salimans and Ho 2022, appendix D).</summary>
public enum PredictionType
{
    /// <summary>m = ε, the noise in x_t (DDPM, equation 14).</summary>
    Epsilon,

    /// <summary>m = x0, the clean image.</summary>
    Sample,

    /// <summary>m = v = √ᾱ·ε - √(1-ᾱ)·x0.</summary>
    VPrediction,
}
