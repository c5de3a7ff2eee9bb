namespace DiffusionSharp.Onnx;

/// <summary>How an ONNX file is written.</summary>
public sealed record OnnxOptions
{
    /// <summary>The least <see cref="Opset"/>.</summary>
    public const int LeastOpset = 13;

    /// <summary>The largest <see cref="Opset"/>.</summary>
    public const int MostOpset = 23;

    /// <summary>Version of the operators of ai.onnx, <see cref="LeastOpset"/> to <see cref="MostOpset"/>. All of them give the same numbers.</summary>
    /// <exception cref="DiffusionException">It is outside (<see cref="ErrorKind.Usage"/>).</exception>
    public int Opset
    {
        get;
        init => field = value is >= LeastOpset and <= MostOpset
            ? value
            : throw new DiffusionException(ErrorKind.Usage, $"opset {value} is not supported; choose one from {LeastOpset} to {MostOpset}");
    } = 18;

    /// <summary>A file that would grow beyond this leaves the weights to a second one; no protobuf message may have more than 2 GiB.</summary>
    internal long MostBytes { get; init; } = int.MaxValue - (1 << 16);
}
