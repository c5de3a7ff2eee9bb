namespace DiffusionSharp.Networks;

/// <summary>
/// The shape of a U-Net, option by option as Hugging Face diffusers' <c>UNet2DModel</c> names them. The defaults are
/// those of the DDPM authors' network (as in google/ddpm-cifar10-32), not UNet2DModel's own.
/// </summary>
public sealed record UNetConfig : NetworkConfig
{
    /// <summary>Rows of the images; every level but the last halves them.</summary>
    public int Height { get; init; } = 32;

    /// <summary>Columns of the images.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Channels of x.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>Channels of the prediction; twice the input's for a learned variance.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>Whether x in [0, 1] is mapped to [-1, 1] first.</summary>
    public bool CenterInputSample { get; init; }

    /// <summary>Subtracted from the denominator of the timestep embedding's exponent: 1 in DDPM, 0 in Transformers.</summary>
    public double FreqShift { get; init; } = 1;

    /// <summary>Whether the timestep embedding is [cos, sin] instead of [sin, cos].</summary>
    public bool FlipSinToCos { get; init; }

    /// <summary>The levels from full resolution down: DownBlock2D, AttnDownBlock2D or ResnetDownsampleBlock2D.</summary>
    public ValueList<string> DownBlockTypes { get; init; } = ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"];

    /// <summary>The levels from the deepest up: UpBlock2D, AttnUpBlock2D or ResnetUpsampleBlock2D.</summary>
    public ValueList<string> UpBlockTypes { get; init; } = ["UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"];

    /// <summary>Whether there is a middle block.</summary>
    public bool MidBlock { get; init; } = true;

    /// <summary>Whether the middle block has attention.</summary>
    public bool AddAttention { get; init; } = true;

    /// <summary>Channels of each level.</summary>
    public ValueList<int> BlockOutChannels { get; init; } = [128, 256, 256, 256];

    /// <summary>
    /// Channels of the first convolution and of the time embedding's sinusoid; null means those of the first level, the
    /// only choice UNet2DModel can express (the reference code's first multiplier may differ from 1).
    /// </summary>
    public int? BaseChannels { get; init; }

    /// <summary>
    /// Width of the time embedding's sinusoid; null means the first convolution's channels, the only choice UNet2DModel can express
    /// (in guided-diffusion the first convolution has the first level's width, and the sinusoid has not).
    /// </summary>
    public int? TimeChannels { get; init; }

    /// <summary>
    /// The sinusoid is that of t times this: guided-diffusion's <c>rescale_timesteps</c> is 1000/T. UNet2DModel can express 1 only.
    /// </summary>
    public double TimestepScale { get; init; } = 1;

    /// <summary>Residual blocks in each level on the way down; one more on the way up.</summary>
    public int LayersPerBlock { get; init; } = 2;

    /// <summary>The middle block's sums are divided by this.</summary>
    public double MidBlockScaleFactor { get; init; } = 1;

    /// <summary>Padding of a stride-2 convolution: 0 pads right and bottom by one (DDPM), 1 pads every side.</summary>
    public int DownsamplePadding { get; init; }

    /// <summary>How AttnDownBlock2D halves: <c>conv</c> or <c>resnet</c>.</summary>
    public string DownsampleType { get; init; } = "conv";

    /// <summary>How AttnUpBlock2D doubles: <c>conv</c> or <c>resnet</c>.</summary>
    public string UpsampleType { get; init; } = "conv";

    /// <summary>
    /// Whether DownBlock2D and the like halve and double with a convolution. False (average pooling and plain nearest
    /// neighbour, the reference code's <c>resamp_with_conv: false</c>) is something UNet2DModel cannot express.
    /// </summary>
    public bool ResampleWithConv { get; init; } = true;

    /// <summary>Dropout probability inside residual blocks, in [0, 1).</summary>
    public double Dropout { get; init; }

    /// <summary>Channels of one attention head; null means a single head.</summary>
    public int? AttentionHeadDim { get; init; }

    /// <summary>
    /// Attention heads, the same number at every level, in place of <see cref="AttentionHeadDim"/>; UNet2DModel cannot express it.
    /// </summary>
    public int? AttentionHeads { get; init; }

    /// <summary>Attention heads on the way up where they are not <see cref="AttentionHeads"/>, which must be given too.</summary>
    public int? AttentionHeadsUp { get; init; }

    /// <summary>Groups of every GroupNorm.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Groups of the middle attention's GroupNorm; null means <see cref="NormNumGroups"/>, or no norm under scale_shift.</summary>
    public int? AttnNormNumGroups { get; init; }

    /// <summary>Added to the variance in every GroupNorm.</summary>
    public double NormEps { get; init; } = 1e-6;

    /// <summary>How time enters a residual block: <c>default</c> (added) or <c>scale_shift</c> (after the norm).</summary>
    public string ResnetTimeScaleShift { get; init; } = "default";

    /// <summary>How labels are embedded: null (a table of <see cref="NumClassEmbeds"/> rows) or <c>timestep</c> (as the timestep is).</summary>
    public string? ClassEmbedType { get; init; }

    /// <summary>Rows of the label table; null for an unconditional network.</summary>
    public int? NumClassEmbeds { get; init; }

    /// <summary>
    /// The label that stands for "no label", which classifier-free guidance needs; null when there is none. It is the last row of
    /// the table: UNet2DModel knows rows only, so it sees one class more.
    /// </summary>
    public int? NullClass { get; init; }

    /// <inheritdoc/>
    public override int? ClassCount => NullClass ?? NumClassEmbeds;

    /// <inheritdoc/>
    public override ImageShape InputShape => new(InChannels, Height, Width);

    /// <summary>Levels of resolution.</summary>
    public int Levels => BlockOutChannels.Count;

    /// <summary>Channels of the first convolution.</summary>
    internal int FirstChannels => BaseChannels ?? BlockOutChannels[0];

    /// <summary>Width of the time embedding's sinusoid.</summary>
    internal int SinusoidDim => TimeChannels ?? FirstChannels;

    /// <summary>Width of the time embedding.</summary>
    public int TimeEmbedDim => SinusoidDim * 4;

    /// <summary>Attention heads at a width.</summary>
    /// <param name="channels">Channels of the attention.</param>
    /// <param name="up">Whether it is on the way up.</param>
    internal int Heads(int channels, bool up = false) => (up ? AttentionHeadsUp ?? AttentionHeads : AttentionHeads) ?? channels / (AttentionHeadDim ?? channels);

    /// <inheritdoc/>
    public override NetworkConfig At(int height, int width) => this with { Height = height, Width = width };

    /// <inheritdoc/>
    public override NetworkGraph Build() => UNet.Build(this);

    /// <summary>
    /// The DDPM family's short form: base channels, a multiplier per level, and the resolutions (of the shorter side)
    /// that get attention besides the middle.
    /// </summary>
    /// <param name="shape">Shape of the images.</param>
    /// <param name="channels">Base channels C.</param>
    /// <param name="multipliers">Channels of level l are C·multipliers[l].</param>
    /// <param name="layersPerBlock">Residual blocks per level.</param>
    /// <param name="attentionResolutions">Resolutions with attention; each must be reached by a level.</param>
    /// <exception cref="DiffusionException">A resolution is reached by no level.</exception>
    public static UNetConfig Ddpm(
        ImageShape shape, int channels, ReadOnlySpan<int> multipliers, int layersPerBlock, ReadOnlySpan<int> attentionResolutions)
    {
        var side = Math.Min(shape.Height, shape.Width);
        var levels = multipliers.Length;
        var reached = Enumerable.Range(0, levels).Select(l => side >> l).ToList();
        foreach (var r in attentionResolutions)
        {
            if (!reached.Contains(r))
            {
                throw new DiffusionException(
                    ErrorKind.Configuration,
                    $"attention at resolution {r} is reached by no level: {levels} levels of a {shape.Height}×{shape.Width} image have {string.Join(", ", reached)}; choose among those");
            }
        }

        var attention = new bool[levels];
        var widths = new int[levels];
        for (var l = 0; l < levels; l++)
        {
            attention[l] = attentionResolutions.Contains(reached[l]);
            widths[l] = checked(channels * multipliers[l]);
        }

        return FromLevels(channels, widths, layersPerBlock, attention) with
        {
            Height = shape.Height,
            Width = shape.Width,
            InChannels = shape.Channels,
            OutChannels = shape.Channels,
        };
    }

    /// <summary>The DDPM family's network by its levels.</summary>
    /// <param name="channels">Channels of the first convolution.</param>
    /// <param name="widths">Channels of each level.</param>
    /// <param name="layersPerBlock">Residual blocks per level.</param>
    /// <param name="attention">Whether each level has attention.</param>
    internal static UNetConfig FromLevels(int channels, int[] widths, int layersPerBlock, bool[] attention) => new()
    {
        BlockOutChannels = [.. widths],
        BaseChannels = channels == widths[0] ? null : channels,
        LayersPerBlock = layersPerBlock,
        DownBlockTypes = [.. attention.Select(a => a ? "AttnDownBlock2D" : "DownBlock2D")],
        UpBlockTypes = [.. attention.Reverse().Select(a => a ? "AttnUpBlock2D" : "UpBlock2D")],
    };
}
