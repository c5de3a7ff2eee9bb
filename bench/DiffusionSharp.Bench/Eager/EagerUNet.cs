using DiffusionSharp.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>
/// The peer: the DDPM U-Net written as one usually writes a network for libtorch (modules, NCHW, float32). Fields have
/// diffusers' names, so that it takes the very same weights. A scope in each forward frees what Python's counting would.
/// </summary>
internal sealed class EagerUNet : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly UNetConfig config;
    private readonly EagerTime time_embedding;
    private readonly Conv2d conv_in, conv_out;
    private readonly ModuleList<EagerBlock> down_blocks = nn.ModuleList<EagerBlock>(), up_blocks = nn.ModuleList<EagerBlock>();
    private readonly EagerBlock mid_block;
    private readonly GroupNorm conv_norm_out;

    public EagerUNet(UNetConfig config, IReadOnlyDictionary<string, HostTensor> weights)
        : base(nameof(EagerUNet))
    {
        this.config = config;
        var channels = config.BlockOutChannels;
        time_embedding = new EagerTime(channels[0], config.TimeEmbedDim);
        conv_in = nn.Conv2d(config.InChannels, channels[0], kernel_size: 3, padding: 1);
        var skips = new Stack<int>([channels[0]]);
        for (var level = 0; level < config.Levels; level++)
        {
            var last = level == config.Levels - 1;
            int[] inputs = [.. Enumerable.Range(0, config.LayersPerBlock).Select(j => j == 0 ? skips.Peek() : channels[level])];
            var attention = config.DownBlockTypes[level] == "AttnDownBlock2D" ? inputs.Length : 0;
            down_blocks.Add(new EagerBlock(config, inputs, channels[level], attention, down: !last, up: false));
            for (var j = 0; j < inputs.Length + (last ? 0 : 1); j++)
            {
                skips.Push(channels[level]);
            }
        }

        var h = channels[^1];
        mid_block = new EagerBlock(config, [h, h], h, attentions: 1, down: false, up: false);
        for (var i = 0; i < config.Levels; i++)
        {
            var width = channels[config.Levels - 1 - i];
            var inputs = new int[config.LayersPerBlock + 1];
            for (var j = 0; j < inputs.Length; j++)
            {
                inputs[j] = h + skips.Pop();
                h = width;
            }

            var attention = config.UpBlockTypes[i] == "AttnUpBlock2D" ? inputs.Length : 0;
            up_blocks.Add(new EagerBlock(config, inputs, width, attention, down: false, up: i < config.Levels - 1));
        }

        conv_norm_out = nn.GroupNorm(config.NormNumGroups, h, config.NormEps);
        conv_out = nn.Conv2d(h, config.OutChannels, kernel_size: 3, padding: 1);
        RegisterComponents();
        Load(weights);
    }

    /// <summary>x [N, C, H, W], t [N] float32.</summary>
    public override Tensor forward(Tensor x, Tensor t)
    {
        using var scope = NewDisposeScope();
        var time = time_embedding.forward(t);
        var h = conv_in.forward(x);
        var skips = new Stack<Tensor>([h]);
        foreach (var block in down_blocks)
        {
            for (var j = 0; j < config.LayersPerBlock; j++)
            {
                h = block.Layer(j, h, time);
                skips.Push(h);
            }

            if (block.downsamplers.Count > 0)
            {
                h = block.downsamplers[0].forward(h);
                skips.Push(h);
            }
        }

        h = mid_block.Layer(0, h, time);
        h = mid_block.Layer(1, h, time);
        foreach (var block in up_blocks)
        {
            for (var j = 0; j <= config.LayersPerBlock; j++)
            {
                h = block.Layer(j, cat([h, skips.Pop()], 1), time);
            }

            if (block.upsamplers.Count > 0)
            {
                h = block.upsamplers[0].forward(h);
            }
        }

        return conv_out.forward(nn.functional.silu(conv_norm_out.forward(h))).MoveToOuterDisposeScope();
    }

    private void Load(IReadOnlyDictionary<string, HostTensor> weights)
    {
        using var unused = no_grad();
        using var scope = NewDisposeScope();
        var named = named_parameters().ToList();
        if (named.Count != weights.Count)
        {
            throw new InvalidOperationException($"the eager network has {named.Count} parameters, the graph {weights.Count}");
        }

        foreach (var (name, parameter) in named)
        {
            parameter.copy_(tensor(weights[name].Data, parameter.shape));
        }
    }
}
