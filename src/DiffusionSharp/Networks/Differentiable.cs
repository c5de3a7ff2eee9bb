namespace DiffusionSharp.Networks;

/// <summary>Asks a network for its derivatives.</summary>
public static class Differentiable
{
    /// <summary>The network as one that gives derivatives.</summary>
    /// <param name="denoiser">A network.</param>
    /// <exception cref="DiffusionException">Its engine gives none (<see cref="ErrorKind.Usage"/>).</exception>
    public static IDifferentiableDenoiser Require(IDenoiser denoiser)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        return denoiser as IDifferentiableDenoiser ?? throw new DiffusionException(
            ErrorKind.Usage, $"the engine ({denoiser.GetType().Name}) gives no derivatives by x and t; take the managed one (engine cpu)");
    }
}
