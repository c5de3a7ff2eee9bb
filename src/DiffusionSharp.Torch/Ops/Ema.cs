using DiffusionSharp.Torch.Native;
using DiffusionSharp.Training.Options;
using static TorchSharp.torch;

namespace DiffusionSharp.Torch.Ops;

/// <summary>
/// An exponential moving average of parameters: shadow = mu shadow + (1 - mu) parameter after each step. Starts as a copy of
/// the parameters; owns its float32 shadows and not the parameters.
/// </summary>
internal sealed class Ema : IDisposable
{
    private readonly string[] names;
    private readonly Tensor[] parameters, shadows;
    private readonly bool fused;
    private readonly double? exponent;

    /// <summary>Copies the parameters as they are now.</summary>
    /// <param name="named">Float32 parameters (not buffers) under the names they are saved by.</param>
    /// <param name="decay">mu, in [0, 1).</param>
    /// <param name="warmUp">True takes min(mu, (1 + n) / (10 + n)) for the update after n others, so that the start is forgotten.</param>
    /// <param name="fused">False takes the plain operations, where the fused ones are to be had too.</param>
    /// <param name="exponent">γ of an average by a power function, whose mu is <see cref="PowerAverage.Decay"/> instead.</param>
    /// <exception cref="ArgumentException">A parameter is not float32, or the decay is out of range.</exception>
    public Ema(IEnumerable<KeyValuePair<string, Tensor>> named, double decay, bool warmUp = true, bool fused = true, double? exponent = null)
    {
        TorchNative.EnsureLoaded();
        if (!(decay is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "an EMA decay lies in [0, 1)");
        }

        var list = named.ToArray();
        names = [.. list.Select(p => p.Key)];
        parameters = [.. list.Select(p => p.Value)];
        if (Array.Exists(parameters, p => p.dtype != ScalarType.Float32))
        {
            throw new ArgumentException("the average is of float32 master weights", nameof(named));
        }

        this.exponent = exponent;
        Decay = decay;
        WarmUp = warmUp;
        this.fused = fused && FusedOps.Available;
        using var unused = no_grad();
        shadows = [.. parameters.Select(p => p.clone().DetachFromDisposeScope())];
    }

    /// <summary>mu.</summary>
    public double Decay { get; }

    /// <summary>Whether mu grows to its value.</summary>
    public bool WarmUp { get; }

    /// <summary>How many updates were done.</summary>
    public long Updates { get; private set; }

    /// <summary>The averages, in the parameters' order; live, not copies.</summary>
    public IReadOnlyList<Tensor> Shadows => shadows;

    /// <summary>The averages under the parameters' names; live, not copies.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Named => names.Zip(shadows, KeyValuePair.Create);

    /// <summary>Takes the parameters in, once.</summary>
    public void Update()
    {
        var mu = exponent is { } power ? PowerAverage.Decay(power, Updates) : WarmUp ? Math.Min(Decay, (1.0 + Updates) / (10.0 + Updates)) : Decay;
        using var unused = no_grad();
        if (fused)
        {
            FusedOps.Lerp_(shadows, parameters, 1 - mu);
        }
        else
        {
            FusedOps.LerpPlain_(shadows, parameters, 1 - mu);
        }

        Updates++;
    }

    /// <summary>The averages under the parameters' names; save <see cref="Updates"/> beside them.</summary>
    public IReadOnlyDictionary<string, HostTensor> Export() => NamedTensors.Export(names, shadows);

    /// <summary>Continues from a saved state.</summary>
    /// <exception cref="DiffusionException">The state is not this network's (<see cref="ErrorKind.ModelFile"/>); nothing was changed.</exception>
    public void Import(IReadOnlyDictionary<string, HostTensor> state, long updates)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(updates);
        NamedTensors.Check(names, shadows, state, "EMA state");
        NamedTensors.Import(names, shadows, state);
        Updates = updates;
    }

    /// <summary>Frees the averages.</summary>
    public void Dispose()
    {
        foreach (var shadow in shadows)
        {
            shadow.Dispose();
        }
    }
}
