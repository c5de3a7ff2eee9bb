namespace DiffusionSharp.Data;

/// <summary>Noise that makes whole levels a continuous quantity before a network sees them.</summary>
public enum Dequantization
{
    /// <summary>None: x = v/255.</summary>
    None,

    /// <summary>x = (v + u)/256 with u uniform in (0, 1).</summary>
    Uniform,

    /// <summary>x = v/255 + 0.01·z with z Gaussian.</summary>
    Gaussian,
}
