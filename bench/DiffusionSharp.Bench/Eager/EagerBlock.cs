using DiffusionSharp.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace DiffusionSharp.Bench.Eager;

/// <summary>One level of the eager network, or its middle.</summary>
internal sealed class EagerBlock : nn.Module
{
    /// <summary>The factor of a sum, held: native code reads it.</summary>
    internal static readonly Scalar One = 1.ToScalar();

    public readonly ModuleList<EagerResnet> resnets = nn.ModuleList<EagerResnet>();
    public readonly ModuleList<EagerAttention> attentions = nn.ModuleList<EagerAttention>();
    public readonly ModuleList<EagerResample> downsamplers = nn.ModuleList<EagerResample>();
    public readonly ModuleList<EagerResample> upsamplers = nn.ModuleList<EagerResample>();

    public EagerBlock(UNetConfig config, int[] inputs, int width, int attentions, bool down, bool up)
        : base(nameof(EagerBlock))
    {
        for (var j = 0; j < inputs.Length; j++)
        {
            resnets.Add(new EagerResnet(config, inputs[j], width));
            if (j < attentions)
            {
                this.attentions.Add(new EagerAttention(config, width));
            }
        }

        if (down)
        {
            downsamplers.Add(new EagerResample(width, down: true));
        }

        if (up)
        {
            upsamplers.Add(new EagerResample(width, down: false));
        }

        RegisterComponents();
    }

    public Tensor Layer(int j, Tensor h, Tensor time)
    {
        h = resnets[j].forward(h, time);
        return j < attentions.Count ? attentions[j].forward(h) : h;
    }
}
