namespace DiffusionSharp.Sampling.Inversion;

/// <summary>At which end of an inversion step, from level s up to level t, the network is called.</summary>
public enum InversionLevel
{
    /// <summary>At t, with x_s (default; diffusers' DDIMInverseScheduler). Decoding calls the network at t as well.</summary>
    Target,

    /// <summary>At s, with x_s: the Euler step of the DDIM paper's equation 13. The clean image counts as t = 0.</summary>
    Current,

    /// <summary>
    /// At t, with x_t itself: the step is the equation whose solution decoding undoes exactly, x_t = F(x_s, m(x_t, t)), solved by repetition.
    /// </summary>
    Refined,
}
