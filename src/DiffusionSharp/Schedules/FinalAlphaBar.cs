namespace DiffusionSharp.Schedules;

/// <summary>The level of the last step's target.</summary>
public enum FinalAlphaBar
{
    /// <summary>ᾱ = 1, the clean image (default).</summary>
    One,

    /// <summary>ᾱ_0, the first noise level (<c>set_alpha_to_one = false</c> of a diffusers scheduler).</summary>
    AlphaBarZero,
}
