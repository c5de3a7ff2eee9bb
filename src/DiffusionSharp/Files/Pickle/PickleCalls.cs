using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Files.Pickle;

/// <summary>What the instructions that call and make something come to: values for the names that are allowed, for others a note of them.</summary>
internal static class PickleCalls
{
    /// <summary>REDUCE: a function on its arguments.</summary>
    public static PickleValue Reduce(PickleContext context, PickleValue function, PickleValue arguments) => function switch
    {
        PickleOpaque => Object(context, PickleOpcode.REDUCE, function, arguments),
        PickleValue.Global global when arguments is PickleValue.Sequence { Type: SequenceKind.Tuple } tuple => Call(context, global, tuple),
        _ => throw context.Misused(PickleOpcode.REDUCE, function),
    };

    /// <summary>NEWOBJ: an object of a class.</summary>
    public static PickleValue NewObject(PickleContext context, PickleValue type, PickleValue arguments) => type switch
    {
        PickleOpaque => Object(context, PickleOpcode.NEWOBJ, type, arguments),
        PickleValue.Global { Function: PickleFunction.OrderedDict or PickleFunction.Namespace } global
            when arguments is PickleValue.Sequence { Type: SequenceKind.Tuple, Count: 0 } tuple => Call(context, global, tuple),
        _ => throw context.Misused(PickleOpcode.NEWOBJ, type),
    };

    /// <summary>What is not made: the name of the class or function, and what it would be made of.</summary>
    public static PickleOpaque Object(PickleContext context, PickleOpcode opcode, PickleValue type, params ReadOnlySpan<PickleValue> arguments)
    {
        var result = type switch
        {
            PickleOpaque opaque => context.Opaque(opaque.FullName, opaque.OwnRefusal, opaque),
            PickleValue.Global global => context.Opaque(global.FullName, null),
            _ => throw context.Misused(opcode, type),
        };
        result.AddAll(arguments, context.Budget);
        return result;
    }

    private static PickleValue Call(PickleContext context, PickleValue.Global global, PickleValue.Sequence arguments) => global.Function switch
    {
        PickleFunction.DefaultDict when arguments.Count <= 1 => context.NewMap(MapKind.Ordered),
        PickleFunction.RebuildTensor or PickleFunction.RebuildTensorV2 or PickleFunction.RebuildTensorV3 or PickleFunction.RebuildParameter
            when arguments.Items.OfType<PickleOpaque>().FirstOrDefault() is { } unknown => throw context.Refused(unknown),
        PickleFunction.Marker when global.FullName.StartsWith("builtins.", StringComparison.Ordinal) => context.Opaque(global.FullName, null, arguments),
        _ when arguments.Items.Any(a => a is PickleOpaque) => context.Opaque(global.FullName, null, arguments),
        PickleFunction.OrderedDict => Ordered(context, arguments),
        PickleFunction.Namespace when arguments.Count == 0 => context.NewMap(MapKind.Namespace),
        PickleFunction.Set => Set(context, arguments),
        PickleFunction.RebuildTensor when arguments.Count == 4 => TorchTensors.Rebuild(context, arguments, null),
        PickleFunction.RebuildTensorV2 when arguments.Count is 6 or 7 => TorchTensors.Rebuild(context, arguments, null),
        PickleFunction.RebuildTensorV3 when arguments.Count is 7 or 8 && arguments[6] is PickleValue.Global { Function: PickleFunction.Dtype } dtype =>
            TorchTensors.Rebuild(context, arguments, dtype.Dtype),
        PickleFunction.RebuildParameter when arguments.Count is 3 or 4 && arguments[0] is PickleValue.Tensor tensor => tensor,
        PickleFunction.Size when arguments.Count == 1 && arguments[0] is PickleValue.Sequence sizes => Size(context, sizes),
        PickleFunction.Device when arguments.Count is 1 or 2 && arguments[0].AsText() is { } device => Device(context, device, arguments),
        PickleFunction.EncodeLatin1 when arguments.Count == 2 && arguments[1].AsText() is "latin1" or "latin-1" => NumpyArrays.EncodeLatin1(context, arguments[0]),
        PickleFunction.ArrayDtype => NumpyArrays.Dtype(context, arguments),
        PickleFunction.ArrayScalar => NumpyArrays.Scalar(context, arguments),
        PickleFunction.ArrayReconstruct => NumpyArrays.Reconstruct(context, arguments),
        PickleFunction.ArrayFromBuffer => NumpyArrays.FromBuffer(context, arguments),
        _ => throw context.Bad($"its pickle calls '{global.FullName}' with {arguments.Count} arguments that tensors do not need"),
    };

    public static PickleValue Build(PickleContext context, PickleValue on, PickleValue state)
    {
        switch (on)
        {
            case PickleOpaque opaque:
                opaque.Add(state, context.Budget);
                return on;
            case PickleValue.Map { Type: MapKind.Ordered } when state is PickleValue.Map:
                // Attributes of a dictionary: a state_dict has the versions of its modules there.
                return on;
            case PickleValue.Map { Type: MapKind.Namespace } map when state is PickleValue.Map attributes && attributes != map:
                for (var i = 0; i < attributes.Count; i++)
                {
                    map.Add(attributes[i].Key, attributes[i].Value, context.Budget);
                }

                return map;
            case PickleValue.ArrayType type:
                return NumpyArrays.BuildDtype(context, type, state);
            case PickleValue.ArrayShell shell:
                return NumpyArrays.BuildArray(context, shell, state);
            default:
                throw context.Bad($"its pickle gives {on.Kind} a state of its own (BUILD), which tensors do not need");
        }
    }

    private static PickleValue.Map Ordered(PickleContext context, PickleValue.Sequence arguments)
    {
        var map = context.NewMap(MapKind.Ordered);
        if (arguments.Count == 0)
        {
            return map;
        }

        if (arguments is not { Count: 1 } || arguments[0] is not PickleValue.Sequence pairs)
        {
            throw context.Bad("its pickle makes an OrderedDict of something that is no list of pairs");
        }

        // Python 2 has the pairs here.
        for (var i = 0; i < pairs.Count; i++)
        {
            map.Add(
                pairs[i] is PickleValue.Sequence { Count: 2 } pair ? pair[0] : throw context.Bad("its pickle makes an OrderedDict of something that is no list of pairs"),
                pair[1],
                context.Budget);
        }

        return map;
    }

    private static PickleValue.Sequence Set(PickleContext context, PickleValue.Sequence arguments)
    {
        if (arguments.Count > 1 || (arguments.Count == 1 && arguments[0] is not PickleValue.Sequence))
        {
            throw context.Bad("its pickle makes a set of something that is no list");
        }

        var items = arguments.Count == 0 ? null : (PickleValue.Sequence)arguments[0];
        context.Budget.Charge(128);
        context.Budget.ChargeArray(items?.Count ?? 0);
        return new PickleValue.Sequence(SequenceKind.Set, items is null ? [] : [.. items.Items]);
    }

    private static PickleValue.Name Size(PickleContext context, PickleValue.Sequence sizes)
    {
        if (sizes.Count > TorchTensors.MaxRank)
        {
            throw context.Bad($"its pickle has a size of {sizes.Count} dimensions (at most {TorchTensors.MaxRank} are accepted)");
        }

        context.Budget.Charge(2048);
        var text = sizes.Items.Select(s => s is PickleValue.Integer ? s.AsLine() : throw context.Bad("its pickle has a size of something that is no integer"));
        return new PickleValue.Name($"[{string.Join(", ", text)}]");
    }

    private static PickleValue.Name Device(PickleContext context, string device, PickleValue.Sequence arguments)
    {
        context.Budget.Charge(512 + (4L * Math.Min(device.Length, 100)));
        return new PickleValue.Name(arguments.Count == 2 ? $"{Printable.Sanitize(device)}:{arguments[1].AsLine()}" : Printable.Sanitize(device));
    }
}
