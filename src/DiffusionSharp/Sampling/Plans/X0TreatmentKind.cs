namespace DiffusionSharp.Sampling.Plans;

/// <summary>What is done to the prediction of x0.</summary>
public enum X0TreatmentKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Clipped to [-range, range].</summary>
    Clip,

    /// <summary>Dynamic thresholding (Imagen, section 2.3).</summary>
    DynamicThreshold,
}
