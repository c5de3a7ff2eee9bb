namespace DiffusionSharp.Torch.Checks;

/// <summary>A small convolution without bias: x [N, In, H, W], weights [Out, In, K, K], padding K/2.</summary>
internal readonly record struct ConvolutionCase(int In, int Out, int Kernel, int Stride = 1)
{
    /// <summary>Images; a single one would take other ways through libtorch than a batch.</summary>
    public const int Images = 2;

    private const int InputHeight = 6, InputWidth = 9;

    public int Padding => Kernel / 2;

    public long[] Input => [Images, In, InputHeight, InputWidth];

    public long[] Weights => [Out, In, Kernel, Kernel];

    public long[] Output => [Images, Out, Size(InputHeight), Size(InputWidth)];

    public override string ToString() => $"{Kernel}×{Kernel} convolution of {In} into {Out} channels{(Stride == 1 ? "" : $", stride {Stride}")}";

    private int Size(int input) => ((input + (2 * Padding) - Kernel) / Stride) + 1;
}
