namespace DiffusionSharp.Training.Options;

/// <summary>How a prediction's error is measured, element by element.</summary>
public enum LossKind
{
    /// <summary>d².</summary>
    L2,

    /// <summary>|d|.</summary>
    L1,

    /// <summary>½d² for |d| ≤ 1, |d| - ½ beyond.</summary>
    Huber,
}
